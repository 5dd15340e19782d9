package io.eventcore.command;

import io.eventcore.EventStoreException;
import java.time.Duration;
import java.util.List;

/** Several listeners as one. */
record CommandListeners(List<CommandListener> listeners) implements CommandListener {
    CommandListeners {
        listeners = List.copyOf(listeners);
    }

    @Override
    public Execution started(Command<?, ?> command) {
        return new Executions(
                listeners.stream().map(listener -> listener.started(command)).toList());
    }

    private record Executions(List<Execution> executions) implements Execution {
        @Override
        public void retrying(int failedAttempt, EventStoreException failure, Duration delay) {
            executions.forEach(execution -> execution.retrying(failedAttempt, failure, delay));
        }

        @Override
        public void basisRead(int streams, long events) {
            executions.forEach(execution -> execution.basisRead(streams, events));
        }

        @Override
        public void succeeded(ExecutionResult result) {
            executions.forEach(execution -> execution.succeeded(result));
        }

        @Override
        public void failed(Throwable failure) {
            executions.forEach(execution -> execution.failed(failure));
        }
    }
}
