@NullMarked
package io.eventcore.micrometer;

import org.jspecify.annotations.NullMarked;
