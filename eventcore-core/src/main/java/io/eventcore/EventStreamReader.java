package io.eventcore;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/**
 * The events of one or several streams, as they were at one moment.
 *
 * <p>The versions were fixed when the read began, and the events end exactly there: what is appended meanwhile is not
 * part of this read. Events of several streams come in global order. A long stream is read page by page while it is
 * iterated, so memory stays bounded; there is nothing to close. Iterating again reads again and yields the same.
 *
 * <p>Iterating may fail as the read itself may: see {@link EventStore#readStreams}. One thread at a time.
 *
 * @param <E> the type the events are read as
 * @since 0.1
 */
public final class EventStreamReader<E extends Event> implements Iterable<RecordedEvent<E>> {
    private final Map<StreamId, StreamVersion> versions;
    private final Iterable<RecordedEvent<E>> events;
    private final Optional<Iterable<StoredEvent>> stored;
    private final Skipped skipped;

    /** How many events the last iteration has skipped. */
    static final class Skipped {
        long events;
    }

    private EventStreamReader(
            Map<StreamId, StreamVersion> versions,
            Iterable<RecordedEvent<E>> events,
            Optional<Iterable<StoredEvent>> stored,
            Skipped skipped) {
        this.versions = Map.copyOf(versions);
        this.events = Objects.requireNonNull(events, "events");
        this.stored = stored;
        this.skipped = skipped;
    }

    /**
     * A reader over what a store has found. For authors of stores.
     *
     * @param versions the version of every stream asked for, {@link StreamVersion#NONE} where it does not exist
     * @param events the events in global order, ending at these versions; may be iterated more than once
     */
    public static <E extends Event> EventStreamReader<E> of(
            Map<StreamId, StreamVersion> versions, Iterable<RecordedEvent<E>> events) {
        return new EventStreamReader<>(versions, events, Optional.empty(), new Skipped());
    }

    /**
     * A reader over the stored events that a store has found. It decodes during the iteration, so an undecodable event
     * that is not reached does no harm. For authors of stores.
     *
     * @param versions the version of every stream asked for, {@link StreamVersion#NONE} where it does not exist
     * @param stored the events in global order, ending at these versions; may be iterated more than once
     * @param eventType the type to read the events as
     */
    public static <E extends Event> EventStreamReader<E> ofStored(
            Map<StreamId, StreamVersion> versions, Iterable<StoredEvent> stored, Class<E> eventType) {
        Objects.requireNonNull(eventType, "eventType");
        Skipped skipped = new Skipped();
        return new EventStreamReader<>(
                versions,
                () -> new Decoding<>(stored.iterator(), event -> event, event -> event.decode(eventType), skipped),
                Optional.of(stored),
                skipped);
    }

    /**
     * A reader over stored events that other code than the store decodes. It decodes during the iteration, so an
     * undecodable event that is not reached does no harm. For wrappers of stores.
     *
     * @param versions the version of every stream asked for, {@link StreamVersion#NONE} where it does not exist
     * @param stored the events in global order, ending at these versions; may be iterated more than once
     * @param form each of them as the store holds it
     * @param parts the events that each of them stands for: one, several or none
     */
    public static <S, E extends Event> EventStreamReader<E> ofParts(
            Map<StreamId, StreamVersion> versions,
            Iterable<S> stored,
            Function<? super S, StoredEvent> form,
            Function<? super S, List<RecordedEvent<E>>> parts) {
        Objects.requireNonNull(form, "form");
        Objects.requireNonNull(parts, "parts");
        Skipped skipped = new Skipped();
        return new EventStreamReader<>(
                versions, () -> new Decoding<>(stored.iterator(), form, parts, skipped), Optional.empty(), skipped);
    }

    /**
     * The version of the stream that was read, even if reading began after some event.
     *
     * @throws IllegalStateException if several streams were read: ask {@link #version(StreamId)}
     */
    public StreamVersion version() {
        if (versions.size() != 1) {
            throw new IllegalStateException(
                    "This read covers " + versions.size() + " streams: ask version(streamId) for one of them");
        }
        return versions.values().iterator().next();
    }

    /**
     * The version of one of the streams that were read.
     *
     * @throws IllegalArgumentException if the stream is not part of this read
     */
    public StreamVersion version(StreamId streamId) {
        StreamVersion version = versions.get(Objects.requireNonNull(streamId, "streamId"));
        if (version == null) {
            throw new IllegalArgumentException("Stream '" + streamId + "' is not part of this read");
        }
        return version;
    }

    /** The version of every stream that was read. */
    public Map<StreamId, StreamVersion> versions() {
        return versions;
    }

    /** The events in order. */
    @Override
    public Iterator<RecordedEvent<E>> iterator() {
        return events.iterator();
    }

    /**
     * The events in order, not decoded. For wrappers of stores.
     *
     * @return the events; empty if this reader was made of events that were decoded already
     */
    public Optional<Iterable<StoredEvent>> stored() {
        return stored;
    }

    /**
     * How many events of unknown types the last iteration has skipped so far: 0 unless the application
     * {@linkplain io.eventcore.serialization.UnknownTypes#SKIP skips} such events. In that case, the fold did not
     * include all stored events.
     */
    public long skippedEvents() {
        return skipped.events;
    }

    /** The events in order; nothing to close. */
    public Stream<RecordedEvent<E>> stream() {
        return StreamSupport.stream(spliterator(), false);
    }

    /** All events as a list; for streams that are known to be short. */
    public List<RecordedEvent<E>> toList() {
        List<RecordedEvent<E>> all = new ArrayList<>();
        forEach(all::add);
        return all;
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
        for (RecordedEvent<E> recorded : events) {
            state = apply.apply(state, recorded.event());
        }
        return state;
    }

    /**
     * Returns each part of each stored event; throws the exception of a failed decoding instead of returning the event.
     */
    static final class Decoding<S, E extends Event> implements Iterator<RecordedEvent<E>> {
        private final Iterator<S> stored;
        private final Function<? super S, StoredEvent> form;
        private final Function<? super S, List<RecordedEvent<E>>> decoder;
        private final Skipped skipped;
        private Iterator<RecordedEvent<E>> parts = Collections.emptyIterator();
        private @Nullable RecordedEvent<E> next;
        private @Nullable RuntimeException failure;

        Decoding(
                Iterator<S> stored,
                Function<? super S, StoredEvent> form,
                Function<? super S, List<RecordedEvent<E>>> decoder,
                Skipped skipped) {
            this.stored = stored;
            this.form = form;
            this.decoder = decoder;
            this.skipped = skipped;
            skipped.events = 0;
        }

        @Override
        public boolean hasNext() {
            while (next == null && failure == null) {
                if (parts.hasNext()) {
                    next = parts.next();
                } else if (stored.hasNext()) {
                    decodeNext();
                } else {
                    return false;
                }
            }
            return true;
        }

        private void decodeNext() {
            try {
                S event = stored.next();
                List<RecordedEvent<E>> decoded = decoder.apply(event);
                if (decoded.size() == 1) {
                    // As a rule; an iterator for each event would cost more than the fold of many.
                    next = decoded.get(0);
                } else {
                    parts = decoded.iterator();
                    skipped.events += decoded.isEmpty() && !form.apply(event).isKnown() ? 1 : 0;
                }
            } catch (RuntimeException e) {
                failure = e;
            }
        }

        @Override
        public RecordedEvent<E> next() {
            if (!hasNext()) {
                throw new NoSuchElementException("The read has ended");
            }
            RuntimeException failed = failure;
            if (failed != null) {
                failure = null;
                throw failed;
            }
            RecordedEvent<E> found = Objects.requireNonNull(next);
            next = null;
            return found;
        }
    }
}
