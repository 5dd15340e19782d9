/**
 * Stored states of commands, so that long streams need not be folded from their beginning every time.
 *
 * <p>A snapshot is a shortcut and never the truth: if anything is wrong with it, the events are folded instead.
 */
@NullMarked
package io.eventcore.snapshot;

import org.jspecify.annotations.NullMarked;
