package io.eventcore.command;

import io.eventcore.Event;
import io.eventcore.EventStoreException;
import io.eventcore.RetriesExhaustedException;
import io.eventcore.internal.Nanos;
import java.time.Duration;
import java.time.Instant;

/**
 * One command to be executed: everything that is fixed before its first attempt and stays the same until the last.
 *
 * @param command the command to decide
 * @param context its context; the time in it is not set yet
 * @param once whether it was executed before
 * @param retryPolicy how failed attempts are retried
 * @param execution hears of the attempts and of the result
 * @param begin when the command was given to the executor, by {@link System#nanoTime()}
 */
record CommandRequest<S, E extends Event>(
        Command<S, E> command,
        CommandContext context,
        CommandDeduplication once,
        RetryPolicy retryPolicy,
        CommandListener.Execution execution,
        long begin) {

    /** The context of a decision that an attempt makes at this time. */
    CommandContext contextAt(Instant now) {
        return context.withNow(now);
    }

    /** How long the execution has taken so far. */
    Duration elapsed() {
        return Duration.ofNanos(System.nanoTime() - begin);
    }

    /** When the time of the execution is used up, by {@link System#nanoTime()}. */
    long deadline() {
        return begin + Nanos.of(retryPolicy.budget());
    }

    /** The exception that ends all attempts, with the failure of the last one. */
    RetriesExhaustedException exhausted(int attempts, EventStoreException last) {
        return new RetriesExhaustedException(command.getClass().getSimpleName(), attempts, elapsed(), last);
    }
}
