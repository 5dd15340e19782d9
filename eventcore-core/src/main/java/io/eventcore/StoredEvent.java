package io.eventcore;

import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.UUID;

/**
 * An event as a store holds it: its place, its name, and its content in the stored form. Decodes nothing before a
 * caller asks for it: an unwanted event costs nothing, and an event that cannot be decoded affects no other.
 *
 * <p>Every store makes these, and every layer between a store and the application's code passes them on. The layer that
 * hands an event to that code decodes it. For authors of stores and of wrappers of stores. Immutable.
 *
 * @since 0.1
 */
public final class StoredEvent {
    private final StreamId streamId;
    private final StreamVersion version;
    private final GlobalPosition position;
    private final UUID id;
    private final Instant recordedAt;
    private final long part;
    private final String typeName;
    private final byte[] payload;
    private final byte[] metadata;
    private final Decoder decoder;

    /**
     * Turns stored data into events: no other code of the library does. Safe for any number of threads.
     *
     * @since 0.1
     */
    @FunctionalInterface
    public interface Decoder {
        /**
         * The events that it stands for today, in order: one, unless upcasters turn it into several or none. New
         * objects for each call, unless the store keeps its events as they are.
         *
         * @throws EventDeserializationException if it cannot be decoded
         */
        List<RecordedEvent<Event>> decode(StoredEvent stored);

        /**
         * The forms in which the events that it stands for today would be stored if they were written today, in order:
         * itself if no upcaster changes it; in that case, it is not decoded. Contains only the placeholders of
         * {@linkplain PersonalData personal data}. By default itself.
         *
         * @param filter of what upcasters make, only events of the types that it wants
         * @throws EventDeserializationException if upcasters change it, and it cannot be decoded or written
         */
        default List<StoredEvent> upcast(StoredEvent stored, EventFilter filter) {
            return List.of(stored);
        }

        /** See {@link StoredEvent#isKnown()}; by default true. */
        default boolean knows(StoredEvent stored) {
            return true;
        }

        /**
         * Announces that events with these payloads are about to be decoded: fetches what that needs at once. Does not
         * fail.
         */
        default void prepare(Collection<byte[]> payloads) {}

        /** Whether {@link #prepare} does anything. */
        default boolean prepares() {
            return false;
        }
    }

    private StoredEvent(
            StreamId streamId,
            StreamVersion version,
            GlobalPosition position,
            UUID id,
            Instant recordedAt,
            long part,
            String typeName,
            byte[] payload,
            byte[] metadata,
            Decoder decoder) {
        this.streamId = Objects.requireNonNull(streamId, "streamId");
        this.version = Objects.requireNonNull(version, "version");
        this.position = Objects.requireNonNull(position, "position");
        this.id = Objects.requireNonNull(id, "id");
        this.recordedAt = Objects.requireNonNull(recordedAt, "recordedAt");
        this.part = part;
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
     * @param decoder decodes it on demand
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
        return new StoredEvent(streamId, version, position, id, recordedAt, 0, typeName, payload, metadata, decoder);
    }

    /** A part of this event in another form: what a {@link Decoder} makes of it. */
    public StoredEvent as(long otherPart, String otherTypeName, byte[] otherPayload) {
        return new StoredEvent(
                streamId, version, position, id, recordedAt, otherPart, otherTypeName, otherPayload, metadata, decoder);
    }

    /** This event at another place. */
    public StoredEvent at(StreamVersion otherVersion, GlobalPosition otherPosition) {
        return new StoredEvent(
                streamId, otherVersion, otherPosition, id, recordedAt, part, typeName, payload, metadata, decoder);
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

    /** Which part of what is stored this is: 0, unless it was {@linkplain #upcast upcast}. See {@link RecordedEvent#part()}. */
    public long part() {
        return part;
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
     * The events that it stands for today, decoded: one, unless upcasters turn it into several or none. New objects for
     * each call, unless the store keeps its events as they are.
     *
     * @param eventType the type to read them as: a check of each
     * @throws EventDeserializationException if it cannot be decoded, or one of them is of another type
     */
    public <E extends Event> List<RecordedEvent<E>> decode(Class<E> eventType) {
        return decode(EventFilter.all(), eventType);
    }

    /**
     * The forms in which the events that it stands for today would be stored if they were written today, in order:
     * itself if no upcaster changes it; in that case, nothing is decoded. For code that passes stored events on. An
     * upcast event contains only the placeholders of {@linkplain PersonalData personal data}.
     *
     * @param filter of what upcasters make, only events of the types that it wants
     * @throws EventDeserializationException if upcasters change it, and it cannot be decoded or written
     */
    public List<StoredEvent> upcast(EventFilter filter) {
        return decoder.upcast(this, filter);
    }

    /**
     * Whether a class or an upcaster has the name it is stored under. If none has, decoding it fails, or returns
     * nothing or a {@link RawEvent}, as the application has chosen.
     */
    public boolean isKnown() {
        return decoder.knows(this);
    }

    /**
     * As {@link #decode(Class)}, without the types that a filter does not want: one stored name may stand for events of
     * several types today.
     */
    @SuppressWarnings("unchecked") // Each is checked, and the list is read only.
    public <E extends Event> List<RecordedEvent<E>> decode(EventFilter filter, Class<E> eventType) {
        List<RecordedEvent<Event>> decoded = filter.only(decoder.decode(this));
        // By index: this runs for each event that is read.
        for (int i = 0; i < decoded.size(); i++) {
            if (!eventType.isInstance(decoded.get(i).event())) {
                throw isNot(decoded.get(i).event(), eventType);
            }
        }
        return (List<RecordedEvent<E>>) (List<?>) decoded;
    }

    /** The caller reads it as another type. */
    private EventDeserializationException isNot(Event event, Class<?> eventType) {
        String problem = event instanceof RawEvent
                ? "no event class is registered under this name, and the caller reads it not as an Event but as a "
                        + eventType.getName()
                : "it is a %s, not a %s".formatted(event.getClass().getName(), eventType.getName());
        return new EventDeserializationException(streamId, version, position, typeName, problem, null);
    }

    @Override
    public String toString() {
        return "%s at position %s (stream '%s', version %s)".formatted(typeName, position, streamId, version);
    }
}
