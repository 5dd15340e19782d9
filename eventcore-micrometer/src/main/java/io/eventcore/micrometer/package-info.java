/** Metrics and traces through Micrometer. */
@NullMarked
package io.eventcore.micrometer;

import org.jspecify.annotations.NullMarked;
