package io.eventcore.test;

import io.eventcore.Event;
import io.eventcore.StreamId;
import io.eventcore.command.Command;
import io.eventcore.command.CommandContext;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/**
 * A command that fails when it changes the state it is given: the executor shares a state with snapshots, and folds it
 * from what {@code initialState} returns each time. Used by one thread for one execution.
 */
final class WatchedCommand<S, E extends Event> implements Command<S, E> {
    private final Command<S, E> command;
    private final Map<String, String> initial;

    WatchedCommand(Command<S, E> command) {
        this.command = command;
        this.initial = StatePrint.of(command.initialState());
    }

    @Override
    public S initialState() {
        S state = command.initialState();
        failIfChanged(initial, state, "apply changes the state that initialState returns, and that returns it again");
        return state;
    }

    @Override
    public S apply(S state, E event) {
        return command.apply(state, event);
    }

    @Override
    public List<? extends E> handle(S state, CommandContext context) {
        initialState();
        return watch(state, "handle", () -> command.handle(state, context));
    }

    @Override
    public Set<StreamId> streams() {
        Set<StreamId> streams = command.streams();
        if (streams.isEmpty()) {
            throw new IllegalArgumentException(command.getClass().getName() + " declares no stream for this instance");
        }
        return streams;
    }

    @Override
    public Set<StreamId> discoverStreams(S state) {
        return watch(state, "discoverStreams", () -> command.discoverStreams(state));
    }

    @Override
    public Class<E> eventType() {
        return command.eventType();
    }

    private <T> T watch(S state, String method, Supplier<T> call) {
        Map<String, String> before = StatePrint.of(state);
        T result = call.get();
        failIfChanged(before, state, method + " changes its state");
        return result;
    }

    private void failIfChanged(Map<String, String> before, S state, String what) {
        StatePrint.firstDifference(before, StatePrint.of(state)).ifPresent(place -> {
            throw new AssertionError(
                    ("%s of %s: '%s' differs afterwards. A state must not change: it may be stored as a"
                                    + " snapshot or decided on again. Copy before you change, or let apply return a new state")
                            .formatted(what, command.getClass().getName(), place));
        });
    }
}
