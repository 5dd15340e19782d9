package io.eventcore;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;

/**
 * The content of one append: the streams that it rests on, their expected versions, and the events that it adds.
 *
 * <p>Built step by step; each step returns a new value and does not change the old one. A stream is registered with its
 * {@link ExpectedVersion} before events are added to it. A registered stream without events is a <em>read-only
 * participant</em>: its version is checked all the same, so a decision can rest on a stream that it does not write.
 *
 * <pre>{@code
 * StreamWrites.empty()
 *         .registerStream(from, ExpectedVersion.exactly(3))
 *         .registerStream(to, ExpectedVersion.exactly(7))
 *         .append(new MoneyWithdrawn(from, 500))
 *         .append(new MoneyDeposited(to, 500));
 * }</pre>
 *
 * <p>The ids of the events are fixed when they are added, so appending the same value again is recognised as a
 * repetition. Immutable.
 *
 * @since 0.1
 */
public final class StreamWrites {
    private static final StreamWrites EMPTY =
            new StreamWrites(StreamChain.empty(), new EventChain(), EventMetadata.empty(), List.of());

    private static final int MAX_BOUNDARIES = 200;

    private final StreamChain streams;
    private final EventChain events;
    private final EventMetadata metadata;
    private final List<Boundary> boundaries;

    private StreamWrites(StreamChain streams, EventChain events, EventMetadata metadata, List<Boundary> boundaries) {
        this.streams = streams;
        this.events = events;
        this.metadata = metadata;
        this.boundaries = boundaries;
    }

    /** No streams, no events. */
    public static StreamWrites empty() {
        return EMPTY;
    }

    /**
     * The everyday case: these events to one stream.
     *
     * @param streamId the stream they are appended to, whatever {@link Event#streamId()} says
     */
    public static StreamWrites to(StreamId streamId, ExpectedVersion expected, Event... events) {
        StreamWrites writes = empty().registerStream(streamId, expected);
        for (Event event : events) {
            writes = writes.append(streamId, event);
        }
        return writes;
    }

    /**
     * Registers a stream. Registering it again with an equal expectation has no effect.
     *
     * @throws ConflictingExpectedVersionsException if the stream is registered with another expectation
     */
    public StreamWrites registerStream(StreamId streamId, ExpectedVersion expected) {
        Objects.requireNonNull(streamId, "streamId");
        Objects.requireNonNull(expected, "expected");
        ExpectedVersion first = streams.get(streamId);
        if (expected.equals(first)) {
            return this;
        }
        if (first != null) {
            throw new ConflictingExpectedVersionsException(streamId, first, expected);
        }
        return new StreamWrites(streams.plus(streamId, expected), events, metadata, boundaries);
    }

    /**
     * Adds an event to the stream it names.
     *
     * @throws UndeclaredStreamException if that stream is not registered
     * @throws IllegalArgumentException if it carries more tags than allowed, or one that is not acceptable
     * @throws IllegalStateException if the event does not name a stream
     */
    public StreamWrites append(Event event) {
        return append(event.streamId(), event);
    }

    /**
     * Adds an event to this stream, whatever {@link Event#streamId()} says.
     *
     * @throws UndeclaredStreamException if the stream is not registered
     */
    public StreamWrites append(StreamId streamId, Event event) {
        return append(new NewEvent(EventIds.next(), streamId, event));
    }

    /**
     * Adds an event under an id of the caller's choice, or with metadata of its own.
     *
     * @throws UndeclaredStreamException if its stream is not registered
     */
    public StreamWrites append(NewEvent event) {
        if (streams.get(event.streamId()) == null) {
            throw new UndeclaredStreamException(event.streamId());
        }
        return new StreamWrites(streams, events.plus(event), metadata, boundaries);
    }

    /**
     * Lets the append succeed only if no event that the boundary's query matches has been committed since the boundary
     * was read. All boundaries must hold; they are checked even if the append has no streams and events.
     *
     * @throws IllegalArgumentException if there are more than 200
     */
    public StreamWrites restingOn(Boundary boundary) {
        Objects.requireNonNull(boundary, "boundary");
        if (boundaries.contains(boundary)) {
            return this;
        }
        if (boundaries.size() >= MAX_BOUNDARIES) {
            throw new IllegalArgumentException("An append may rest on at most " + MAX_BOUNDARIES + " boundaries");
        }
        List<Boundary> more = new ArrayList<>(boundaries);
        more.add(boundary);
        return new StreamWrites(streams, events, metadata, List.copyOf(more));
    }

    /**
     * Replaces the metadata that every event of this append is stored with, in addition to its
     * {@linkplain NewEvent own}.
     */
    public StreamWrites withMetadata(EventMetadata replacement) {
        return new StreamWrites(streams, events, Objects.requireNonNull(replacement, "metadata"), boundaries);
    }

    /** The registered streams with their expectations, in the order of registration. */
    public Map<StreamId, ExpectedVersion> streams() {
        return streams.toMap();
    }

    /** What the append rests on besides the versions of streams. */
    public List<Boundary> boundaries() {
        return boundaries;
    }

    /** The events, in the order they were added. */
    public List<NewEvent> events() {
        return events.toList();
    }

    /** The metadata of every event of this append, in addition to its {@linkplain NewEvent own}. */
    public EventMetadata metadata() {
        return metadata;
    }

    /**
     * Checks the rules that concern the append as a whole. Stores call it before they do anything else.
     *
     * @throws IllegalArgumentException if a stream is registered with {@link ExpectedVersion#any()} and receives no
     *     event, so that there is nothing to check about it, or if two events have the same id
     */
    public void checkComplete() {
        List<NewEvent> added = events();
        checkIds(added);
        if (streams().containsValue(ExpectedVersion.any())) {
            checkWritten(added);
        }
    }

    private void checkWritten(List<NewEvent> added) {
        Set<StreamId> written = new HashSet<>();
        added.forEach(event -> written.add(event.streamId()));
        streams().forEach((streamId, expected) -> {
            if (expected instanceof ExpectedVersion.Any && !written.contains(streamId)) {
                throw new IllegalArgumentException("Stream '" + streamId
                        + "' is registered with any() but receives no event: there is nothing to check about it");
            }
        });
    }

    private static void checkIds(List<NewEvent> added) {
        if (added.size() < 2) {
            return;
        }
        Set<UUID> ids = new HashSet<>();
        for (NewEvent event : added) {
            if (!ids.add(event.id())) {
                throw new IllegalArgumentException("Two events of one append have the id " + event.id());
            }
        }
    }

    /** Streams and number of events, without payloads. */
    @Override
    public String toString() {
        String text = "StreamWrites" + streams() + " with " + events.size() + " events";
        return boundaries.isEmpty() ? text : text + " resting on " + boundaries;
    }
}
