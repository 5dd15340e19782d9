/**
 * What a peer must be able to do to be measured beside the store.
 *
 * <p>Peers bring libraries that contradict each other and ours, so each is a module of its own and is loaded by a class
 * loader of its own; only this package is shared.
 */
@NullMarked
package io.eventcore.benchmarks.peer;

import org.jspecify.annotations.NullMarked;
