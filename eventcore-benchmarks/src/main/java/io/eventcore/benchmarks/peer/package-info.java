/**
 * What a peer must be able to do so that the benchmark can compare it with the store.
 *
 * <p>Peers need libraries that conflict with each other and with ours. So each peer is its own module and has its own
 * class loader; only this package is shared.
 */
@NullMarked
package io.eventcore.benchmarks.peer;

import org.jspecify.annotations.NullMarked;
