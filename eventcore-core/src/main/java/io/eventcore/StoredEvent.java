package io.eventcore;

import java.time.Instant;
import java.util.Objects;
import java.util.UUID;

/**
 * An event as a store holds it: its place, its name, and its content in the stored form. Nothing is decoded before it is
 * asked for: an event that is not wanted costs nothing, and one that cannot be decoded spoils nothing but itself.
 *
 * <p>Every store makes these, and all that lies between a store and the code of the application passes them on. What hands
 * an event to that code decodes it. For authors of stores, and of what wraps stores. Immutable.
 *
 * @since 0.1
 */
public final class StoredEvent {
    private final StreamId streamId;
    private final StreamVersion version;
    private final GlobalPosition position;
    private final UUID id;
    private final Instant recordedAt;
    private final String typeName;
    private final byte[] payload;
    private final byte[] metadata;
    private final Decoder decoder;

    /**
     * Makes an event of what is stored: no other code of the library does. Safe for any number of threads.
     *
     * @since 0.1
     */
    @FunctionalInterface
    public interface Decoder {
        /**
         * The event; a new object for each call, unless the store keeps its events as they are.
         *
         * @throws EventDeserializationException if it cannot be decoded
         */
        RecordedEvent<Event> decode(StoredEvent stored);
    }

    private StoredEvent(
            StreamId streamId,
            StreamVersion version,
            GlobalPosition position,
            UUID id,
            Instant recordedAt,
            String typeName,
            byte[] payload,
            byte[] metadata,
            Decoder decoder) {
        this.streamId = Objects.requireNonNull(streamId, "streamId");
        this.version = Objects.requireNonNull(version, "version");
        this.position = Objects.requireNonNull(position, "position");
        this.id = Objects.requireNonNull(id, "id");
        this.recordedAt = Objects.requireNonNull(recordedAt, "recordedAt");
        this.typeName = Objects.requireNonNull(typeName, "typeName");
        this.payload = Objects.requireNonNull(payload, "payload");
        this.metadata = Objects.requireNonNull(metadata, "metadata");
        this.decoder = Objects.requireNonNull(decoder, "decoder");
    }

    /**
     * An event as a store has found it.
     *
     * @param payload see {@link #payload()}; not copied
     * @param metadata see {@link #metadata()}; not copied
     * @param decoder decodes it when that is asked for
     */
    public static StoredEvent of(
            StreamId streamId,
            StreamVersion version,
            GlobalPosition position,
            UUID id,
            Instant recordedAt,
            String typeName,
            byte[] payload,
            byte[] metadata,
            Decoder decoder) {
        return new StoredEvent(streamId, version, position, id, recordedAt, typeName, payload, metadata, decoder);
    }

    /** This event at another place. */
    public StoredEvent at(StreamVersion otherVersion, GlobalPosition otherPosition) {
        return new StoredEvent(
                streamId, otherVersion, otherPosition, id, recordedAt, typeName, payload, metadata, decoder);
    }

    /** The stream it is stored in. */
    public StreamId streamId() {
        return streamId;
    }

    /** Its place in the stream: 1 for the first event. */
    public StreamVersion version() {
        return version;
    }

    /** Its place in the log. */
    public GlobalPosition position() {
        return position;
    }

    /** Its id, unique in the store. */
    public UUID id() {
        return id;
    }

    /** When the store took it, in microseconds. */
    public Instant recordedAt() {
        return recordedAt;
    }

    /** The name it is stored under. */
    public String typeName() {
        return typeName;
    }

    /** The payload as it is stored, byte for byte. Shared, not to be modified. */
    public byte[] payload() {
        return payload;
    }

    /** The metadata as it is stored: JSON in UTF-8, no bytes if there is none. Shared, not to be modified. */
    public byte[] metadata() {
        return metadata;
    }

    /** How many bytes of payload and metadata it has. */
    public long bytes() {
        return (long) payload.length + metadata.length;
    }

    /**
     * The event, decoded: a new object for each call, unless the store keeps its events as they are.
     *
     * @param eventType the type to read it as: a check
     * @throws EventDeserializationException if it cannot be decoded, or is of another type
     */
    @SuppressWarnings("unchecked") // The event is checked, and the record is read only.
    public <E extends Event> RecordedEvent<E> decode(Class<E> eventType) {
        RecordedEvent<Event> decoded = decoder.decode(this);
        if (!eventType.isInstance(decoded.event())) {
            String problem =
                    "it is a %s, not a %s".formatted(decoded.event().getClass().getName(), eventType.getName());
            throw new EventDeserializationException(streamId, version, position, typeName, problem, null);
        }
        return (RecordedEvent<E>) (RecordedEvent<?>) decoded;
    }

    @Override
    public String toString() {
        return "%s at position %s (stream '%s', version %s)".formatted(typeName, position, streamId, version);
    }
}
