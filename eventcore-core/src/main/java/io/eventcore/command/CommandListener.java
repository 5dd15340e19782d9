package io.eventcore.command;

import io.eventcore.EventStoreException;
import java.time.Duration;
import java.util.List;

/**
 * Watches the execution of commands, for metrics and traces. Runs on the thread of the command. Whatever it throws is
 * logged once and counted, and changes nothing for the command or for other listeners. Safe for any number of threads.
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

    /** A listener that passes everything on to these, in their order. */
    static CommandListener all(List<CommandListener> listeners) {
        return new CommandListeners(listeners);
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
         * An attempt has failed, and another one follows.
         *
         * @param failedAttempt the number of the attempt that failed, 1 for the first
         * @param failure why it failed
         * @param delay how long the executor waits now
         */
        default void retrying(int failedAttempt, EventStoreException failure, Duration delay) {}

        /**
         * An attempt has read and folded what its decision rests on.
         *
         * @param streams how many streams that are
         * @param events how many events were read for it; fewer than the streams hold, if it goes on from a snapshot
         */
        default void basisRead(int streams, long events) {}

        /** The command was carried out. */
        default void succeeded(ExecutionResult result) {}

        /** The command was refused or failed. */
        default void failed(Throwable failure) {}
    }
}
