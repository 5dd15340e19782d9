package io.eventcore.test;

import io.eventcore.Event;
import io.eventcore.EventQuery;
import io.eventcore.EventTag;
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
    private final Set<StreamId> streams = new LinkedHashSet<>();
    private final Set<EventQuery> queries = new LinkedHashSet<>();
    private boolean decided;
    private final List<Folded> folded = new ArrayList<>();

    /** An event, and what it was before it was folded. */
    private record Folded(Event event, SerializedEvent stored, Map<String, String> print) {}

    WatchedCommand(Command<S, E> command, EventSerializer serializer) {
        this.command = command;
        this.serializer = serializer;
        this.initial = StatePrint.of(command.initialState());
    }

    /** Whether it came to a decision. */
    boolean hasDecided() {
        return decided;
    }

    /** Whether it was to decide on an event, perhaps on others of its type only. */
    boolean isAbout(StreamId streamId, Event event) {
        Set<EventTag> tags = event.eventTags();
        return streams.contains(streamId)
                || queries.stream()
                        .flatMap(query -> query.items().stream())
                        .anyMatch(item -> item.stream().isPresent()
                                ? item.stream().get().equals(streamId)
                                : tags.containsAll(item.tags()));
    }

    /** What it was to decide on, for messages. */
    String subjects() {
        List<Object> subjects = new ArrayList<>(queries);
        if (!streams.isEmpty() || queries.isEmpty()) {
            subjects.add(0, streams);
        }
        return String.join(" and ", subjects.stream().map(Object::toString).toList());
    }

    @Override
    public S initialState() {
        S state = command.initialState();
        failIfChanged(
                initial,
                state,
                "apply changes the state that initialState returns, and initialState returns"
                        + " the same object again");
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
        Set<StreamId> declared = command.streams();
        if (declared.isEmpty() && command.query().isEmpty()) {
            throw new IllegalArgumentException(command.getClass().getName() + " declares no stream for this instance");
        }
        streams.addAll(declared);
        return declared;
    }

    @Override
    public Set<StreamId> discoverStreams(S state) {
        Set<StreamId> discovered = watch(state, "discoverStreams", () -> command.discoverStreams(state));
        streams.addAll(discovered);
        return discovered;
    }

    @Override
    public Optional<EventQuery> query() {
        Optional<EventQuery> query = command.query();
        query.ifPresent(queries::add);
        return query;
    }

    @Override
    public Optional<EventQuery> discoverQuery(S state) {
        Optional<EventQuery> discovered = watch(state, "discoverQuery", () -> command.discoverQuery(state));
        discovered.ifPresent(queries::add);
        return discovered;
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
                        ("apply of %s changes an event (%s): '%s' differs afterwards. An event must not change: it"
                                        + " has happened. Let the state copy what it takes from an event")
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
