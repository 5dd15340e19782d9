/**
 * What every event store promises, as JUnit classes.
 *
 * <p>A store passes when, for each contract, a small class extends it and hands out stores; nothing in a contract may be
 * skipped. The author of a store, or of a decorator of one, runs the same classes as the stores of this library.
 */
@NullMarked
package io.eventcore.test.contract;

import org.jspecify.annotations.NullMarked;
