package io.eventcore.serialization.internal;

import io.eventcore.Event;
import io.eventcore.EventDeserializationException;
import io.eventcore.EventMetadata;
import io.eventcore.GlobalPosition;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.internal.OwnThreads;
import io.eventcore.internal.RedactedException;
import io.eventcore.serialization.EventSerializer;
import io.eventcore.serialization.SerializedEvent;
import java.time.Instant;
import java.util.Arrays;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Turns what a store has found into what the caller asked for, and names the place when that fails.
 *
 * @param <E> the type the caller reads
 */
public final class EventDecoder<E extends Event> {
    private final EventSerializer serializer;
    private final Class<E> eventType;

    /** That of the event before: events that were appended together share theirs. Threads may overwrite each other's. */
    private Known known = new Known(null, EventMetadata.empty());

    /** A decoder to one type. */
    public EventDecoder(EventSerializer serializer, Class<E> eventType) {
        this.serializer = serializer;
        this.eventType = Objects.requireNonNull(eventType, "eventType");
    }

    /**
     * The event at a place, with its metadata in the stored form.
     *
     * @param metadata JSON in UTF-8; {@code null} for none
     * @throws EventDeserializationException if it cannot be decoded or is not of the type asked for
     */
    public RecordedEvent<E> decode(
            SerializedEvent stored,
            UUID id,
            StreamId streamId,
            StreamVersion version,
            GlobalPosition position,
            byte @Nullable [] metadata,
            Instant recordedAt) {
        Known decoded = known;
        if (!Arrays.equals(decoded.json, metadata)) {
            try {
                decoded = new Known(metadata, MetadataJson.read(metadata));
            } catch (RuntimeException e) {
                throw new EventDeserializationException(
                        streamId,
                        version,
                        position,
                        stored.typeName(),
                        "its metadata cannot be read",
                        RedactedException.of(e, "not an object of texts"));
            }
            known = decoded;
        }
        return decode(stored, id, streamId, version, position, decoded.metadata, recordedAt);
    }

    /** Metadata in both forms. */
    private static final class Known {
        private final byte @Nullable [] json;
        private final EventMetadata metadata;

        private Known(byte @Nullable [] json, EventMetadata metadata) {
            this.json = json;
            this.metadata = metadata;
        }
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
        } catch (Error e) {
            if (OwnThreads.isTroubleOfTheProcess(e)) {
                throw e;
            }
            // A constructor with an assertion, a class that cannot be initialised: what an exception would say as well.
            String error = e.getClass().getName();
            throw new EventDeserializationException(
                    streamId, version, position, stored.typeName(), error, RedactedException.of(e, ""));
        }
        if (!eventType.isInstance(event)) {
            String problem = "it is a %s, not a %s".formatted(event.getClass().getName(), eventType.getName());
            throw new EventDeserializationException(streamId, version, position, stored.typeName(), problem, null);
        }
        return RecordedEvent.of(
                eventType.cast(event), id, streamId, version, position, stored.typeName(), metadata, recordedAt);
    }
}
