package io.eventcore.command;

import io.eventcore.EventStoreException;
import java.time.Duration;

/**
 * Watches the execution of commands, for metrics and traces. Runs on the thread of the command. Safe for any number of
 * threads.
 *
 * @since 0.1
 */
@FunctionalInterface
public interface CommandListener {
    /** An execution begins. */
    Execution started(Command<?, ?> command);

    /** A listener that does nothing. */
    static CommandListener none() {
        return command -> Execution.IGNORED;
    }

    /**
     * One execution; exactly one of {@link #succeeded} and {@link #failed} ends it.
     *
     * @since 0.1
     */
    interface Execution {
        /** An execution that nobody watches. */
        Execution IGNORED = new Execution() {};

        /**
         * An attempt has failed, and another one follows.
         *
         * @param failedAttempt the number of the attempt that failed, 1 for the first
         * @param failure why it failed
         * @param delay how long the executor waits now
         */
        default void retrying(int failedAttempt, EventStoreException failure, Duration delay) {}

        /** The command was carried out. */
        default void succeeded(ExecutionResult result) {}

        /** The command was refused or failed. */
        default void failed(Throwable failure) {}
    }
}
