/** Axon Framework 5 as a peer of the load benchmark. */
@NullMarked
package io.eventcore.benchmarks.axon5;

import org.jspecify.annotations.NullMarked;
