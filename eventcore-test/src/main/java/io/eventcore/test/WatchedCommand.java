package io.eventcore.test;

import io.eventcore.Event;
import io.eventcore.EventQuery;
import io.eventcore.StreamId;
import io.eventcore.command.Command;
import io.eventcore.command.CommandContext;
import io.eventcore.serialization.EventSerializer;
import io.eventcore.serialization.PersonalEvent;
import io.eventcore.serialization.SerializedEvent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/**
 * A command that fails when it changes the state it is given: the executor shares a state with snapshots, and folds it
 * from what {@code initialState} returns each time. So it does when it changes an event that it has folded. Used by one
 * thread for one execution.
 */
final class WatchedCommand<S, E extends Event> implements Command<S, E> {
    private final Command<S, E> command;
    private final EventSerializer serializer;
    private final Map<String, String> initial;
    private final Set<StreamId> read = new LinkedHashSet<>();
    private boolean decided;
    private final List<Folded> folded = new ArrayList<>();

    /** An event, and what it was before it was folded. */
    private record Folded(Event event, SerializedEvent stored, Map<String, String> print) {}

    WatchedCommand(Command<S, E> command, EventSerializer serializer) {
        this.command = command;
        this.serializer = serializer;
        this.initial = StatePrint.of(command.initialState());
    }

    /** The streams it was given to decide on; empty if it did not come to a decision. */
    Optional<Set<StreamId>> readBeforeTheDecision() {
        return decided ? Optional.of(Set.copyOf(read)) : Optional.empty();
    }

    @Override
    public S initialState() {
        S state = command.initialState();
        failIfChanged(initial, state, "apply changes the state that initialState returns, and that returns it again");
        return state;
    }

    @Override
    public S apply(S state, E event) {
        folded.add(new Folded(event, serializer.serialize(event), StatePrint.of(event)));
        return command.apply(state, event);
    }

    @Override
    public List<? extends E> handle(S state, CommandContext context) {
        initialState();
        decided = true;
        failIfEventsChanged();
        return watch(state, "handle", () -> command.handle(state, context));
    }

    @Override
    public Set<StreamId> streams() {
        Set<StreamId> streams = command.streams();
        if (streams.isEmpty() && command.query().isEmpty()) {
            throw new IllegalArgumentException(command.getClass().getName() + " declares no stream for this instance");
        }
        read.addAll(streams);
        return streams;
    }

    @Override
    public Set<StreamId> discoverStreams(S state) {
        Set<StreamId> discovered = watch(state, "discoverStreams", () -> command.discoverStreams(state));
        read.addAll(discovered);
        return discovered;
    }

    @Override
    public Optional<EventQuery> query() {
        return command.query();
    }

    @Override
    public Optional<EventQuery> discoverQuery(S state) {
        return watch(state, "discoverQuery", () -> command.discoverQuery(state));
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

    private void failIfEventsChanged() {
        for (Folded event : folded) {
            if (!Arrays.equals(PersonalEvent.plainPayload(event.stored), storedNow(event.event))) {
                String place = StatePrint.firstDifference(event.print, StatePrint.of(event.event))
                        .map(found -> found.replaceFirst("state", "event"))
                        .orElse("event");
                throw new AssertionError(
                        ("apply of %s changes an event (%s): '%s' differs afterwards. An event must not change: it has"
                                        + " happened. Let the state hold a copy of what it takes from an event")
                                .formatted(
                                        command.getClass().getName(),
                                        event.event.getClass().getName(),
                                        place));
            }
        }
    }

    /** The stored form; empty if the event has none any more. */
    private byte[] storedNow(Event event) {
        try {
            return PersonalEvent.plainPayload(serializer.serialize(event));
        } catch (RuntimeException changedToWhatCannotBeStored) {
            return new byte[0];
        }
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
