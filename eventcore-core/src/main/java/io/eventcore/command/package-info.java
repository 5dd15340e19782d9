/**
 * Commands: declare the streams a decision rests on, fold their events, decide, and let the library append and retry.
 */
@NullMarked
package io.eventcore.command;

import org.jspecify.annotations.NullMarked;
