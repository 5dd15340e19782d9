package io.eventcore;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.BiFunction;
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
    private final StoredMatches matches;
    private final Class<E> eventType;
    private final Set<Class<? extends Event>> wanted;
    private final EventStreamReader.Skipped skipped = new EventStreamReader.Skipped();

    private QueriedEvents(StoredMatches matches, EventQuery query, Class<E> eventType) {
        this.matches = Objects.requireNonNull(matches, "matches");
        this.eventType = Objects.requireNonNull(eventType, "eventType");
        this.wanted = query.wantedTypes();
    }

    /**
     * What a store has found. For authors of stores.
     *
     * @param query as the caller has asked
     * @param eventType of what stored events stand for, only events of this type
     */
    public static <E extends Event> QueriedEvents<E> of(StoredMatches matches, EventQuery query, Class<E> eventType) {
        return new QueriedEvents<>(matches, query, eventType);
    }

    /** What an append rests on that was decided on these events. */
    public Boundary boundary() {
        return matches.boundary();
    }

    @Override
    public Iterator<RecordedEvent<E>> iterator() {
        return new EventStreamReader.Decoding<>(matches.events().iterator(), event -> event, this::decode, skipped);
    }

    /** The events in order; nothing to close. */
    public Stream<RecordedEvent<E>> stream() {
        return StreamSupport.stream(spliterator(), false);
    }

    /**
     * How many events the last iteration has passed over because their type is unknown, as far as it has come: 0 unless the
     * application {@linkplain io.eventcore.serialization.UnknownTypes#SKIP skips} such events and asked for all types.
     */
    public long skippedEvents() {
        return skipped.events;
    }

    @SuppressWarnings("unchecked") // each is checked
    private List<RecordedEvent<E>> decode(StoredEvent stored) {
        List<RecordedEvent<E>> parts = new ArrayList<>();
        for (RecordedEvent<Event> part : stored.decode(Event.class)) {
            if (eventType.isInstance(part.event()) && isWanted(part.event())) {
                parts.add((RecordedEvent<E>) (RecordedEvent<?>) part);
            }
        }
        return parts;
    }

    private boolean isWanted(Event event) {
        return wanted.isEmpty() || wanted.stream().anyMatch(type -> type.isInstance(event));
    }

    /** All events at once; where they are known to be few. */
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
