package io.eventcore.command;

import io.eventcore.Boundary;
import io.eventcore.BoundaryConflictException;
import io.eventcore.Event;
import io.eventcore.EventDeserializationException;
import io.eventcore.EventQuery;
import io.eventcore.EventStore;
import io.eventcore.EventStreamReader;
import io.eventcore.EventStreamSlice;
import io.eventcore.EventTag;
import io.eventcore.ExpectedVersion;
import io.eventcore.GlobalPosition;
import io.eventcore.QueriedEvents;
import io.eventcore.RawEvent;
import io.eventcore.RecordedEvent;
import io.eventcore.StoredMatches;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.StreamWrites;
import io.eventcore.UndeclaredStreamException;
import io.eventcore.snapshot.SnapshotListener.ReplayReason;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a decision rests on: the versions of all streams visited, and the fold of all their events in global order.
 *
 * <p>Each round of discovery reads only the new streams, but the fold starts over with all of them, because an event of
 * a new stream may lie between two events of an old one.
 */
final class DecisionBasis<S, E extends Event> {
    /** More rounds or streams than any real decision rests on: a command that keeps inventing streams must stop. */
    private static final int MAX_ROUNDS = 100;

    private static final int MAX_STREAMS = 10_000;

    private final Command<S, E> command;
    private final Map<StreamId, StreamVersion> versions = new LinkedHashMap<>();
    private final List<Found<E>> readers = new ArrayList<>(1);
    private final List<Boundary> boundaries = new ArrayList<>(0);
    private final Set<EventTag> tags = new HashSet<>(0);
    private final Set<EventQuery.Item> asked = new HashSet<>(0);
    private final List<Round<S>> rounds = new ArrayList<>(1);
    private GlobalPosition position = GlobalPosition.START;
    private long folded;
    private boolean personal;
    private boolean raw;
    private S state;

    /**
     * The result of a round of reading.
     *
     * @param streams the streams that were new in it
     * @param state the fold of all streams visited until then
     */
    record Round<S>(Set<StreamId> streams, S state) {}

    /**
     * A basis from an earlier read, to be continued.
     *
     * @param versions the version up to which the events of each stream are part of it
     * @param position the highest position among these events
     * @param rounds the rounds that led to it
     * @param boundary the boundary with which its events were read, if it was made on tags; then there is one round
     */
    record Reached<S>(
            Map<StreamId, StreamVersion> versions,
            GlobalPosition position,
            List<Round<S>> rounds,
            Optional<Boundary> boundary) {}

    /** The events of one read. */
    private interface Found<E extends Event> extends Iterable<RecordedEvent<E>> {
        /** How many of them were left out because their type is unknown. */
        long skipped();
    }

    /** Why an earlier basis cannot be continued. */
    static final class NotContinuedException extends Exception {
        private static final long serialVersionUID = 1L;

        private final ReplayReason reason;

        NotContinuedException(ReplayReason reason) {
            super(reason.name(), null, false, false);
            this.reason = reason;
        }

        ReplayReason reason() {
            return reason;
        }
    }

    private DecisionBasis(Command<S, E> command) {
        this.command = command;
        this.state = command.initialState();
    }

    /**
     * Reads and folds the streams a command declares and discovers.
     *
     * @throws IllegalArgumentException if it declares none, or discovers without end
     */
    static <S, E extends Event> DecisionBasis<S, E> read(EventStore store, Command<S, E> command) {
        DecisionBasis<S, E> basis = new DecisionBasis<>(command);
        Optional<EventQuery> query = declaredQuery(command);
        basis.visit(store, declared(command, query), query);
        if (CommandType.of(command).discovers()) {
            basis.discover(store);
        }
        return basis;
    }

    /**
     * Reads the events appended since an earlier basis, and continues from it.
     *
     * <p>The result is the same as that of {@link #read}. The new events of its streams continue each round, which must
     * lead to the same streams as before.
     *
     * @throws NotContinuedException if that is not certain
     */
    static <S, E extends Event> DecisionBasis<S, E> continueFrom(
            EventStore store, Command<S, E> command, Reached<S> reached) throws NotContinuedException {
        Optional<EventQuery> query = declaredQuery(command);
        if (!reached.rounds.get(0).streams.equals(declared(command, query))
                || query.isPresent() != reached.boundary.isPresent()) {
            throw new NotContinuedException(ReplayReason.PARTIAL);
        }
        if (query.isPresent()) {
            return continueFrom(store, command, query.get(), reached, reached.boundary.orElseThrow());
        }
        EventStreamReader<E> tail = store.readStreams(reached.versions, command.eventType());
        for (Map.Entry<StreamId, StreamVersion> stream : reached.versions.entrySet()) {
            if (tail.version(stream.getKey()).compareTo(stream.getValue()) < 0) {
                throw new NotContinuedException(ReplayReason.AHEAD_OF_LOG);
            }
        }
        DecisionBasis<S, E> basis = new DecisionBasis<>(command);
        basis.readers.add(found(tail));
        basis.versions.putAll(tail.versions());
        basis.continueRounds(reached);
        return basis;
    }

    private static <S, E extends Event> DecisionBasis<S, E> continueFrom(
            EventStore store, Command<S, E> command, EventQuery query, Reached<S> reached, Boundary before)
            throws NotContinuedException {
        Set<StreamId> streams = reached.rounds.get(0).streams;
        EventQuery cut = cut(command, query, streams);
        StoredMatches tail;
        try {
            tail = store.internals().readMatching(cut, Event.class, Optional.of(before));
        } catch (IllegalArgumentException anotherQuery) {
            throw new NotContinuedException(ReplayReason.PARTIAL);
        } catch (BoundaryConflictException tagsGivenBelow) {
            throw new NotContinuedException(ReplayReason.LATE_EVENT);
        }
        for (String guard : before.guardRows()) {
            if (tail.boundary().seen(guard).version() < before.seen(guard).version()) {
                throw new NotContinuedException(ReplayReason.AHEAD_OF_LOG);
            }
        }
        DecisionBasis<S, E> basis = new DecisionBasis<>(command);
        basis.take(query, streams, QueriedEvents.of(tail, cut, Event.class));
        basis.continueRounds(reached);
        return basis;
    }

    private static Optional<EventQuery> declaredQuery(Command<?, ?> command) {
        return answer(command, command.query(), "query", "return Optional.empty() if it decides on streams alone");
    }

    private static Set<StreamId> declared(Command<?, ?> command, Optional<EventQuery> query) {
        Set<StreamId> declared = answer(command, command.streams(), "streams", "name at least one stream");
        if (declared.isEmpty() && query.isEmpty()) {
            throw new IllegalArgumentException(command.getClass().getName() + " declares no stream for this instance");
        }
        return declared;
    }

    /** What a method of a command has returned, unless that is null. */
    private static <T> T answer(Command<?, ?> command, @Nullable T returned, String method, String remedy) {
        if (returned == null) {
            throw new IllegalStateException(
                    "%s.%s has returned null: %s".formatted(command.getClass().getName(), method, remedy));
        }
        return returned;
    }

    private void continueRounds(Reached<S> reached) throws NotContinuedException {
        boolean discovers = CommandType.of(command).discovers();
        Set<StreamId> visited = new HashSet<>();
        for (int i = 0; i < reached.rounds.size(); i++) {
            Round<S> round = reached.rounds.get(i);
            visited.addAll(round.streams);
            boolean all = reached.boundary.isPresent();
            position = reached.position;
            folded = 0;
            state = foldTail(round.state, all ? Optional.empty() : Optional.of(visited), reached.position);
            rounds.add(new Round<>(round.streams, state));
            Set<StreamId> next = i + 1 < reached.rounds.size() ? reached.rounds.get(i + 1).streams : Set.of();
            if (discovers && !(next.equals(unknown(visited)) && unknownItems().isEmpty())) {
                throw new NotContinuedException(ReplayReason.PARTIAL);
            }
        }
    }

    private S foldTail(S start, Optional<Set<StreamId>> visited, GlobalPosition above) throws NotContinuedException {
        S continued = start;
        for (RecordedEvent<E> event : readers.get(0)) {
            if (event.position().compareTo(above) < 0) {
                throw new NotContinuedException(ReplayReason.LATE_EVENT);
            }
            if (visited.isEmpty() || visited.get().contains(event.streamId())) {
                continued = command.apply(continued, event.event());
            }
            position = event.position();
            personal |= event.holdsPersonalData();
            raw |= event.event() instanceof RawEvent;
            folded++;
        }
        return continued;
    }

    /**
     * Decides on this basis.
     *
     * @return the events, under the version of every stream visited
     * @throws UndeclaredStreamException if there is an event for a stream that was not visited
     * @throws RuntimeException whatever the command throws to refuse
     */
    StreamWrites decide(CommandContext context) {
        StreamWrites writes = StreamWrites.empty().withMetadata(context.metadata());
        for (Map.Entry<StreamId, StreamVersion> stream : versions.entrySet()) {
            writes = writes.registerStream(stream.getKey(), ExpectedVersion.exactly(stream.getValue()));
        }
        for (Boundary boundary : boundaries) {
            writes = writes.restingOn(boundary);
        }
        for (E event :
                answer(command, command.handle(state, context), "handle", "return List.of() if nothing happens")) {
            try {
                answer(command, event, "handle", "return a list of events without null");
                writes = withHome(writes, event).append(event);
            } catch (UndeclaredStreamException e) {
                throw new UndeclaredStreamException(e.streamId(), command.getClass());
            }
        }
        return writes;
    }

    /**
     * An event that such a decision finds by its tags may go to any stream: a command that decides on that stream
     * guards it.
     */
    private StreamWrites withHome(StreamWrites writes, E event) {
        if (tags.isEmpty() || versions.containsKey(event.streamId())) {
            return writes;
        }
        return Collections.disjoint(tags, event.eventTags())
                ? writes
                : writes.registerStream(event.streamId(), ExpectedVersion.any());
    }

    /** The version of every stream visited, after the decided events were written. */
    Map<StreamId, StreamVersion> versionsAfter(EventStreamSlice slice) {
        Map<StreamId, StreamVersion> after = new HashMap<>(versions);
        slice.events().forEach(event -> after.put(event.streamId(), event.version()));
        return after;
    }

    /** How many streams were visited. */
    int streams() {
        return versions.size();
    }

    /** How many events were folded; those that the earlier basis had folded do not count. */
    long folded() {
        return folded;
    }

    /** Whether personal data is part of the state, as far as this basis has folded events itself. */
    boolean holdsPersonalData() {
        return personal;
    }

    /** How many events this basis lacks because their type is unknown, as far as it has read events itself. */
    long skipped() {
        long skipped = 0;
        for (Found<E> reader : readers) {
            skipped += reader.skipped();
        }
        return skipped;
    }

    /**
     * Whether all events read are of known types, so that code that knows more types would have reached the same state.
     */
    boolean isOfKnownTypes() {
        return !raw && skipped() == 0;
    }

    /** The highest position among the folded events; {@link GlobalPosition#START} if there were none. */
    GlobalPosition position() {
        return position;
    }

    /** Whether another attempt can continue it later; on tags, only if it has discovered nothing. */
    boolean canBeContinued() {
        return boundaries.isEmpty() || rounds.size() == 1;
    }

    /** This basis, for a later attempt to continue. */
    Reached<S> reached() {
        return new Reached<>(
                Map.copyOf(versions),
                position,
                List.copyOf(rounds),
                boundaries.isEmpty() ? Optional.empty() : Optional.of(boundaries.get(0)));
    }

    private void discover(EventStore store) {
        for (int round = 1; ; round++) {
            Set<StreamId> unknown = unknown(versions.keySet());
            List<EventQuery.Item> items = unknownItems();
            if (unknown.isEmpty() && items.isEmpty()) {
                return;
            }
            if (round > MAX_ROUNDS || versions.size() + unknown.size() > MAX_STREAMS) {
                throw new IllegalArgumentException("%s keeps discovering streams: %d after %d rounds"
                        .formatted(command.getClass().getName(), versions.size() + unknown.size(), round));
            }
            visit(store, unknown, items.isEmpty() ? Optional.empty() : Optional.of(new EventQuery(items)));
        }
    }

    private List<EventQuery.Item> unknownItems() {
        Optional<EventQuery> query = answer(
                command, command.discoverQuery(state), "discoverQuery", "return Optional.empty() if there is no more");
        return query.isEmpty()
                ? List.of()
                : query.get().items().stream()
                        .filter(item -> !asked.contains(item))
                        .toList();
    }

    private Set<StreamId> unknown(Set<StreamId> visited) {
        Set<StreamId> unknown = new HashSet<>(answer(
                command, command.discoverStreams(state), "discoverStreams", "return Set.of() if there are no more"));
        unknown.removeAll(visited);
        return unknown;
    }

    private void visit(EventStore store, Set<StreamId> streams, Optional<EventQuery> query) {
        if (query.isPresent()) {
            take(query.get(), streams, store.readEvents(cut(command, query.get(), streams), Event.class));
        } else {
            EventStreamReader<E> reader = store.readStreams(fromTheBeginning(streams), command.eventType());
            readers.add(found(reader));
            versions.putAll(reader.versions());
        }
        position = GlobalPosition.START;
        folded = 0;
        state = fold();
        rounds.add(new Round<>(Set.copyOf(streams), state));
    }

    /** What is read for a query and streams: every event of the streams, since an event of another type is an error. */
    private static EventQuery cut(Command<?, ?> command, EventQuery query, Set<StreamId> streams) {
        List<EventQuery.Item> items = new ArrayList<>();
        for (EventQuery.Item item : query.items()) {
            boolean typed = !item.types().isEmpty() || command.eventType() == Event.class;
            items.add(
                    typed
                            ? item
                            : new EventQuery.Item(item.stream(), item.tags(), Set.of(command.eventType()), Set.of()));
        }
        streams.forEach(id -> items.addAll(EventQuery.ofStream(id).items()));
        return new EventQuery(items);
    }

    private void take(EventQuery query, Set<StreamId> streams, QueriedEvents<Event> read) {
        readers.add(new Found<>() {
            @Override
            public Iterator<RecordedEvent<E>> iterator() {
                return new Wanted(read.iterator(), streams);
            }

            @Override
            public long skipped() {
                return read.skippedEvents();
            }
        });
        boundaries.add(read.boundary());
        streams.forEach(id -> versions.put(
                id, StreamVersion.of(read.boundary().seen(id.value()).version())));
        asked.addAll(query.items());
        query.items().forEach(item -> tags.addAll(item.tags()));
    }

    /** The read events that are of the command's type. */
    private final class Wanted implements Iterator<RecordedEvent<E>> {
        private final Iterator<RecordedEvent<Event>> all;
        private final Set<StreamId> streams;
        private @Nullable RecordedEvent<Event> next;

        Wanted(Iterator<RecordedEvent<Event>> all, Set<StreamId> streams) {
            this.all = all;
            this.streams = streams;
        }

        @Override
        public boolean hasNext() {
            while (next == null && all.hasNext()) {
                RecordedEvent<Event> event = all.next();
                next = isWanted(event, streams) ? event : null;
            }
            return next != null;
        }

        @Override
        public RecordedEvent<E> next() {
            if (!hasNext()) {
                throw new NoSuchElementException("The read has ended");
            }
            RecordedEvent<Event> found = Objects.requireNonNull(next);
            next = null;
            return narrowed(found);
        }
    }

    /** The type is a check for events of a stream, and a filter for events with a tag. */
    private boolean isWanted(RecordedEvent<Event> event, Set<StreamId> streams) {
        if (command.eventType().isInstance(event.event())) {
            return true;
        }
        if (streams.contains(event.streamId())) {
            if (StreamCache.isBeyondAll(event.position())) {
                // The event is not stored yet. If the command decides alone, the message says where the event is.
                throw new DecideAgainException(true);
            }
            throw new EventDeserializationException(
                    event.streamId(),
                    event.version(),
                    event.position(),
                    event.typeName(),
                    "it is a %s, not a %s"
                            .formatted(
                                    event.event().getClass().getName(),
                                    command.eventType().getName()),
                    null);
        }
        return false;
    }

    @SuppressWarnings("unchecked") // it was checked
    private RecordedEvent<E> narrowed(RecordedEvent<Event> event) {
        return (RecordedEvent<E>) (RecordedEvent<?>) event;
    }

    private static <E extends Event> Found<E> found(EventStreamReader<E> reader) {
        return new Found<>() {
            @Override
            public Iterator<RecordedEvent<E>> iterator() {
                return reader.iterator();
            }

            @Override
            public long skipped() {
                return reader.skippedEvents();
            }
        };
    }

    private static Map<StreamId, StreamVersion> fromTheBeginning(Collection<StreamId> streams) {
        if (streams.size() == 1) {
            return Map.of(streams.iterator().next(), StreamVersion.NONE);
        }
        Map<StreamId, StreamVersion> none = new HashMap<>();
        streams.forEach(id -> none.put(id, StreamVersion.NONE));
        return none;
    }

    private S fold() {
        if (readers.size() == 1) {
            S sum = command.initialState();
            for (RecordedEvent<E> event : readers.get(0)) {
                sum = fold(sum, event);
            }
            return sum;
        }
        PriorityQueue<Head<E>> heads = new PriorityQueue<>(
                Comparator.comparing((Head<E> head) -> head.event.position()).thenComparing(head -> head.event.part()));
        readers.forEach(reader -> Head.of(reader.iterator(), heads));
        S sum = command.initialState();
        @Nullable RecordedEvent<E> before = null;
        while (!heads.isEmpty()) {
            Head<E> first = heads.remove();
            // An event may match the queries of several rounds.
            if (before == null
                    || before.part() != first.event.part()
                    || !before.id().equals(first.event.id())) {
                sum = fold(sum, first.event);
            }
            before = first.event;
            Head.of(first.rest, heads);
        }
        return sum;
    }

    private S fold(S before, RecordedEvent<E> event) {
        position = event.position();
        personal |= event.holdsPersonalData();
        raw |= event.event() instanceof RawEvent;
        folded++;
        return command.apply(before, event.event());
    }

    /** The next event of a reader, and the iterator over the later ones. */
    private record Head<E extends Event>(RecordedEvent<E> event, Iterator<RecordedEvent<E>> rest) {
        static <E extends Event> void of(Iterator<RecordedEvent<E>> events, PriorityQueue<Head<E>> heads) {
            if (events.hasNext()) {
                heads.add(new Head<>(events.next(), events));
            }
        }
    }
}
