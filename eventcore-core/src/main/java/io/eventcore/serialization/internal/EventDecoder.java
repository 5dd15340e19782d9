package io.eventcore.serialization.internal;

import io.eventcore.Event;
import io.eventcore.EventDeserializationException;
import io.eventcore.EventMetadata;
import io.eventcore.GlobalPosition;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.serialization.EventSerializer;
import io.eventcore.serialization.SerializedEvent;
import java.time.Instant;
import java.util.Objects;
import java.util.UUID;

/**
 * Turns what a store has found into what the caller asked for, and names the place when that fails.
 *
 * @param <E> the type the caller reads
 */
public final class EventDecoder<E extends Event> {
    private final EventSerializer serializer;
    private final Class<E> eventType;

    /** A decoder to one type. */
    public EventDecoder(EventSerializer serializer, Class<E> eventType) {
        this.serializer = serializer;
        this.eventType = Objects.requireNonNull(eventType, "eventType");
    }

    /**
     * The event at a place.
     *
     * @throws EventDeserializationException if it cannot be decoded or is not of the type asked for
     */
    public RecordedEvent<E> decode(
            SerializedEvent stored,
            UUID id,
            StreamId streamId,
            StreamVersion version,
            GlobalPosition position,
            EventMetadata metadata,
            Instant recordedAt) {
        Event event;
        try {
            event = serializer.deserialize(stored);
        } catch (RuntimeException e) {
            throw new EventDeserializationException(
                    streamId, version, position, stored.typeName(), String.valueOf(e.getMessage()), e);
        }
        if (!eventType.isInstance(event)) {
            String problem = "it is a %s, not a %s".formatted(event.getClass().getName(), eventType.getName());
            throw new EventDeserializationException(streamId, version, position, stored.typeName(), problem, null);
        }
        return new RecordedEvent<>(
                eventType.cast(event), id, streamId, version, position, stored.typeName(), metadata, recordedAt);
    }
}
