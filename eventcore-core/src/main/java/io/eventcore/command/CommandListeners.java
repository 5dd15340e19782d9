package io.eventcore.command;

import io.eventcore.EventStoreException;
import io.eventcore.internal.Callback;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;

/** Several listeners as one. What one of them throws affects neither the others nor the command. */
record CommandListeners(List<CommandListener> listeners) implements CommandListener {
    static final CommandListener NONE = command -> Execution.IGNORED;

    /** These as one; if there are none, nothing is done for each command. */
    static CommandListener of(List<CommandListener> listeners) {
        List<CommandListener> heard =
                listeners.stream().filter(listener -> listener != NONE).toList();
        return heard.isEmpty() ? NONE : new CommandListeners(heard);
    }

    @Override
    public Execution started(Command<?, ?> command) {
        return new Executions(listeners.stream()
                .map(listener ->
                        Callback.COMMAND_LISTENER.<Execution>call(() -> listener.started(command), Execution.IGNORED))
                .toList());
    }

    private record Executions(List<Execution> executions) implements Execution {
        @Override
        public void retrying(int failedAttempt, EventStoreException failure, Duration delay) {
            tell(execution -> execution.retrying(failedAttempt, failure, delay));
        }

        @Override
        public void basisRead(int streams, long events) {
            tell(execution -> execution.basisRead(streams, events));
        }

        @Override
        public void succeeded(ExecutionResult result) {
            tell(execution -> execution.succeeded(result));
        }

        @Override
        public void failed(Throwable failure) {
            tell(execution -> execution.failed(failure));
        }

        private void tell(Consumer<Execution> news) {
            executions.forEach(execution -> Callback.COMMAND_LISTENER.run(() -> news.accept(execution)));
        }
    }
}
