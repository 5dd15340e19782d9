/** The events of the application whose start is measured. */
@NullMarked
package io.eventcore.benchmarks.startup.events;

import org.jspecify.annotations.NullMarked;
