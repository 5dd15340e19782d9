package io.eventcore;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * The events that a query matches, as they were at one moment, and the {@link Boundary} for an append that rests on them.
 *
 * <p>The boundary was fixed when the read began, and the events end exactly there: what is committed meanwhile is not part
 * of this read. They come in global order, each once, page by page while they are iterated, so memory stays bounded; there
 * is nothing to close. Iterating again reads again and yields the same.
 *
 * <p>Iterating may fail as the read itself may: see {@link EventStore#readEvents(EventQuery, Class)}. One thread at a time.
 *
 * @param <E> the type the events are read as
 * @since 0.1
 */
public final class QueriedEvents<E extends Event> implements Iterable<RecordedEvent<E>> {
    private final Boundary boundary;
    private final Function<QueriedEvents<E>, Iterator<RecordedEvent<E>>> iterators;
    private final Class<E> eventType;
    private final List<Class<? extends Event>> wanted;
    private final EventStreamReader.Skipped skipped = new EventStreamReader.Skipped();

    private QueriedEvents(
            Boundary boundary,
            Function<QueriedEvents<E>, Iterator<RecordedEvent<E>>> iterators,
            EventQuery query,
            Class<E> eventType) {
        this.boundary = boundary;
        this.iterators = iterators;
        this.eventType = Objects.requireNonNull(eventType, "eventType");
        this.wanted = List.copyOf(query.wantedTypes());
    }

    /**
     * What a store has found. For authors of stores.
     *
     * @param query the caller's query
     * @param eventType only events of this type are returned
     */
    public static <E extends Event> QueriedEvents<E> of(StoredMatches matches, EventQuery query, Class<E> eventType) {
        return ofParts(
                matches.boundary(),
                matches.events(),
                event -> event,
                event -> event.decode(Event.class),
                query,
                eventType);
    }

    /**
     * Events from more sources than the store, decoded in another way. For the library.
     *
     * @param stored the events in global order, each once
     * @param form an event as it is stored
     * @param parts the events that it stands for
     * @param query the caller's query
     * @param eventType only events of this type are returned
     */
    public static <S, E extends Event> QueriedEvents<E> ofParts(
            Boundary boundary,
            Iterable<S> stored,
            Function<? super S, StoredEvent> form,
            Function<? super S, List<RecordedEvent<Event>>> parts,
            EventQuery query,
            Class<E> eventType) {
        Objects.requireNonNull(stored, "stored");
        Objects.requireNonNull(form, "form");
        Objects.requireNonNull(parts, "parts");
        return new QueriedEvents<>(
                Objects.requireNonNull(boundary, "boundary"),
                read -> new EventStreamReader.Decoding<>(
                        stored.iterator(), form, event -> read.wantedOf(parts.apply(event)), read.skipped),
                query,
                eventType);
    }

    /** What an append that was decided on these events rests on. */
    public Boundary boundary() {
        return boundary;
    }

    @Override
    public Iterator<RecordedEvent<E>> iterator() {
        return iterators.apply(this);
    }

    /** The events in order; nothing to close. */
    public Stream<RecordedEvent<E>> stream() {
        return StreamSupport.stream(spliterator(), false);
    }

    /**
     * How many events of unknown types the last iteration has skipped so far: 0 unless the application
     * {@linkplain io.eventcore.serialization.UnknownTypes#SKIP skips} such events and asked for all types.
     */
    public long skippedEvents() {
        return skipped.events;
    }

    @SuppressWarnings("unchecked") // each is checked
    private List<RecordedEvent<E>> wantedOf(List<RecordedEvent<Event>> parts) {
        if (parts.size() == 1) {
            // As a rule.
            return isWanted(parts.get(0).event()) ? (List<RecordedEvent<E>>) (List<?>) parts : List.of();
        }
        List<RecordedEvent<E>> wantedParts = new ArrayList<>();
        for (RecordedEvent<Event> part : parts) {
            if (isWanted(part.event())) {
                wantedParts.add((RecordedEvent<E>) (RecordedEvent<?>) part);
            }
        }
        return wantedParts;
    }

    private boolean isWanted(Event event) {
        if (!eventType.isInstance(event)) {
            return false;
        }
        // By index, since this runs for each event of each fold.
        for (int i = 0; i < wanted.size(); i++) {
            if (wanted.get(i).isInstance(event)) {
                return true;
            }
        }
        return wanted.isEmpty();
    }

    /** All events as a list; for queries that are known to match few. */
    public List<RecordedEvent<E>> toList() {
        return stream().toList();
    }

    /**
     * Folds the events, oldest first.
     *
     * @param initial the state before the first event
     * @param apply makes the next state from a state and an event
     * @return the state after the last event; {@code initial} if there is none
     */
    public <S> S fold(S initial, BiFunction<? super S, ? super E, ? extends S> apply) {
        S state = initial;
        for (RecordedEvent<E> recorded : this) {
            state = apply.apply(state, recorded.event());
        }
        return state;
    }
}
