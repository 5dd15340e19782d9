/** Axon Framework 4 as a peer of the load benchmark. */
@NullMarked
package io.eventcore.benchmarks.axon4;

import org.jspecify.annotations.NullMarked;
