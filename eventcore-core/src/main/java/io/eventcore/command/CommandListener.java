package io.eventcore.command;

import io.eventcore.EventStoreException;
import java.time.Duration;
import java.util.List;

/**
 * Watches the execution of commands, for metrics and traces. Runs on the thread of the command. What it throws is
 * logged once and counted, and does not affect the command or other listeners. Safe for any number of threads.
 *
 * @since 0.1
 */
@FunctionalInterface
public interface CommandListener {
    /** An execution begins. */
    Execution started(Command<?, ?> command);

    /** A listener that does nothing. */
    static CommandListener none() {
        return CommandListeners.NONE;
    }

    /** A listener that passes everything on to these, in their order. */
    static CommandListener all(List<CommandListener> listeners) {
        return CommandListeners.of(listeners);
    }

    /**
     * One execution; exactly one of {@link #succeeded} and {@link #failed} ends it.
     *
     * @since 0.1
     */
    interface Execution {
        /** An execution without a listener. */
        Execution IGNORED = new Execution() {};

        /**
         * An attempt has failed, and the executor will make another.
         *
         * @param failedAttempt the number of the attempt that failed, 1 for the first
         * @param failure why it failed
         * @param delay how long the executor waits now
         */
        default void retrying(int failedAttempt, EventStoreException failure, Duration delay) {}

        /**
         * An attempt has read and folded what its decision rests on.
         *
         * @param streams the number of streams
         * @param events how many events were read; fewer than the streams hold if the attempt continues from a snapshot
         */
        default void basisRead(int streams, long events) {}

        /** The command was executed. */
        default void succeeded(ExecutionResult result) {}

        /** The command was rejected or failed. */
        default void failed(Throwable failure) {}
    }
}
