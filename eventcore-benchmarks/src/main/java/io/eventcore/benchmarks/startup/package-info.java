/** How much the starter adds to the start-up time of an application. */
@NullMarked
package io.eventcore.benchmarks.startup;

import org.jspecify.annotations.NullMarked;
