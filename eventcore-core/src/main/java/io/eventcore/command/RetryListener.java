package io.eventcore.command;

import io.eventcore.EventStoreException;
import java.time.Duration;

/**
 * Is told when a command is about to be tried again.
 *
 * @since 0.1
 */
@FunctionalInterface
public interface RetryListener {
    /**
     * An attempt has failed, and another one follows after a delay. Runs on the thread of the command. Whatever it
     * throws is logged once and counted, and the command is tried again all the same.
     *
     * @param command the command
     * @param failedAttempt the number of the attempt that failed, 1 for the first
     * @param failure why it failed
     * @param delay how long the executor waits now
     */
    void retrying(Command<?, ?> command, int failedAttempt, EventStoreException failure, Duration delay);

    /** A listener that does nothing. */
    static RetryListener none() {
        return (command, failedAttempt, failure, delay) -> {};
    }
}
