package io.eventcore;

import java.time.Instant;
import java.util.UUID;

/**
 * An event as the store holds it.
 *
 * <p>Immutable.
 *
 * @param event the fact, decoded
 * @param id the id of the event, unique in the store
 * @param streamId the stream it is stored in
 * @param version its place in the stream: 1 for the first event
 * @param position its place in the order over all streams
 * @param typeName the name it was stored under; an alias if it was stored under an old name
 * @param metadata what was given with it; empty if nothing was
 * @param recordedAt when the store took the event, in microseconds; not an order: clocks go backwards
 * @param <E> the type it was read as
 * @since 0.1
 */
public record RecordedEvent<E extends Event>(
        E event,
        UUID id,
        StreamId streamId,
        StreamVersion version,
        GlobalPosition position,
        String typeName,
        EventMetadata metadata,
        Instant recordedAt) {

    /** This event at another place in the log. */
    RecordedEvent<E> movedTo(GlobalPosition place) {
        return new RecordedEvent<>(event, id, streamId, version, place, typeName, metadata, recordedAt);
    }

    /** Place and type, without the payload, so that an event can be logged. */
    @Override
    public String toString() {
        return "%s %s in stream '%s' at version %s, position %s".formatted(typeName, id, streamId, version, position);
    }
}
