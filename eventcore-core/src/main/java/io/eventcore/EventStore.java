package io.eventcore;

import java.util.List;
import java.util.Map;

/**
 * Stores events in streams and gives them back.
 *
 * <p>Safe for any number of threads.
 *
 * @since 0.1
 */
public interface EventStore extends EventReader {
    /**
     * Appends events to the registered streams: all of them, or none.
     *
     * <p>The store checks every registered expectation, including those of streams that receive no event, even if the
     * append has no events at all. Of two appends that expect the same exact version of one stream, at most one
     * succeeds. A stream that a decision only read cannot change before the decision is stored.
     *
     * <p>Inside a Spring transaction that the store takes part in, the append joins it: its events become visible to
     * others with the commit and vanish with a rollback. After a conflict that transaction can go on; after every other
     * failure it can only be rolled back. Without such a transaction the append is a transaction of its own, committed
     * when this method returns.
     *
     * <p>Repeating an append with the same event ids returns the first result and writes nothing, if the streams
     * written were expected in an exact version, or if it rests on a boundary and each of its events carries a tag.
     * With {@link ExpectedVersion#any()} or {@link ExpectedVersion#streamExists()} alone, the store recognises a
     * repetition only if it has the optional unique index on event ids. It cannot recognise a repeated append without
     * events.
     *
     * @param writes the streams with their expected versions, and the events in order
     * @return ids, versions and positions of the events written, in the order given
     * @throws VersionConflictException if a stream does not meet its expectation; read again and decide again
     * @throws BoundaryConflictException if an event that the append must not miss was committed since its boundary was
     *     read; read again and decide again
     * @throws AppendLimitExceededException if the append is larger than the store accepts; nothing was sent
     * @throws EventSerializationException if an event cannot be serialized; nothing was sent
     * @throws TransientEventStoreException if nothing was stored and repeating the transaction may succeed
     * @throws AppendOutcomeUnknownException if the connection broke at commit and the outcome could not be settled
     * @throws EventStoreUnavailableException if the store cannot be reached or refuses to write; nothing was stored
     * @throws IllegalArgumentException if the writes are incomplete ({@link StreamWrites#checkComplete()}) or hold an
     *     event of a type that is not registered
     */
    EventStreamSlice appendEvents(StreamWrites writes);

    /**
     * Reads several streams, each after its own version, as one consistent cut in global order.
     *
     * <p>The first statement, sent when this method is called, fixes the versions of all streams together; the events
     * end there. Inside a caller's transaction the read sees what that transaction has appended.
     *
     * @param streamsAfter the streams to read and the version after which to begin; {@link StreamVersion#NONE} for all
     *     events
     * @param eventType the type to read the events as: one event class, a common interface, or {@link Event}. A check,
     *     not a filter
     * @return the events of streams that exist; a stream that does not has {@link StreamVersion#NONE} and no events
     * @throws EventDeserializationException while iterating, if an event cannot be decoded or is not of
     *     {@code eventType}
     * @throws StreamIntegrityException while iterating, if the store has lost an event between two others
     * @throws TransientEventStoreException if the same call may succeed
     * @throws EventStoreUnavailableException if the store cannot be reached
     */
    <E extends Event> EventStreamReader<E> readStreams(Map<StreamId, StreamVersion> streamsAfter, Class<E> eventType);

    /**
     * Reads the events that a query matches as one consistent cut in global order, with the boundary for an append that
     * rests on them.
     *
     * <p>The first statement, sent when this method is called, fixes the last event of each tag and each stream; the
     * events end there. Inside a caller's transaction the read sees what that transaction has appended; a boundary that
     * was read before an append of the same transaction may be in conflict with it: read again.
     *
     * @param query which events
     * @param eventType the type to read the events as. A filter: an item that names no types stands for the registered
     *     types below this one, since a tag may be carried by events of other parts of the application; {@link Event}
     *     for all
     * @throws IllegalArgumentException if a type is not registered
     * @throws EventDeserializationException while iterating, if an event cannot be decoded
     * @throws StreamIntegrityException while iterating, if the store has lost an event of those asked for
     * @throws TagsIncompleteException while a backfill gives stored events tags with one of these names: wait for its
     *     end
     * @throws TransientEventStoreException if the same call may succeed
     * @throws EventStoreUnavailableException if the store cannot be reached
     */
    <E extends Event> QueriedEvents<E> readEvents(EventQuery query, Class<E> eventType);

    /**
     * Reads the events of one stream after a version, oldest first. As {@link #readStreams} for one stream.
     *
     * @param after the version to begin after, itself excluded; at or beyond the stream's version: no events
     */
    default <E extends Event> EventStreamReader<E> readStreamAfter(
            StreamId streamId, StreamVersion after, Class<E> eventType) {
        return readStreams(Map.of(streamId, after), eventType);
    }

    /** Reads all events of one stream, oldest first. As {@link #readStreams} for one stream. */
    default <E extends Event> EventStreamReader<E> readStream(StreamId streamId, Class<E> eventType) {
        return readStreamAfter(streamId, StreamVersion.NONE, eventType);
    }

    /**
     * How many events the stream holds now; {@link StreamVersion#NONE} if it does not exist.
     *
     * @throws TransientEventStoreException if the same call may succeed
     * @throws EventStoreUnavailableException if the store cannot be reached
     */
    StreamVersion streamVersion(StreamId streamId);

    /**
     * The ids of existing streams that begin with a prefix, in the order of {@link StreamId}.
     *
     * @param prefix the beginning of the ids, taken literally
     * @param page after which id, and how many at most
     * @return the ids; fewer than the limit at the end of the list
     * @throws TransientEventStoreException if the same call may succeed
     * @throws EventStoreUnavailableException if the store cannot be reached
     */
    List<StreamId> streamIds(StreamPrefix prefix, StreamIdPage page);
}
