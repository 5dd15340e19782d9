package io.eventcore;

import java.time.Instant;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * An event as the store holds it.
 *
 * <p>Immutable.
 *
 * @param <E> the type it was read as
 * @since 0.1
 */
public final class RecordedEvent<E extends Event> {
    private final E event;
    private final UUID id;
    private final long part;
    private final StreamId streamId;
    private final StreamVersion version;
    private final GlobalPosition position;
    private final String typeName;
    private final EventMetadata metadata;
    private final Instant recordedAt;
    private final boolean personal;

    private RecordedEvent(
            E event,
            UUID id,
            long part,
            StreamId streamId,
            StreamVersion version,
            GlobalPosition position,
            String typeName,
            EventMetadata metadata,
            Instant recordedAt,
            boolean personal) {
        this.event = Objects.requireNonNull(event, "event");
        this.id = Objects.requireNonNull(id, "id");
        this.part = part;
        this.streamId = Objects.requireNonNull(streamId, "streamId");
        this.version = Objects.requireNonNull(version, "version");
        this.position = Objects.requireNonNull(position, "position");
        this.typeName = Objects.requireNonNull(typeName, "typeName");
        this.metadata = Objects.requireNonNull(metadata, "metadata");
        this.recordedAt = Objects.requireNonNull(recordedAt, "recordedAt");
        this.personal = personal;
    }

    /**
     * A complete recorded event. For authors of stores, and for tests.
     *
     * @param event see {@link #event()}
     * @param id see {@link #id()}
     * @param streamId see {@link #streamId()}
     * @param version see {@link #version()}
     * @param position see {@link #position()}
     * @param typeName see {@link #typeName()}
     * @param metadata see {@link #metadata()}
     * @param recordedAt see {@link #recordedAt()}
     */
    public static <E extends Event> RecordedEvent<E> of(
            E event,
            UUID id,
            StreamId streamId,
            StreamVersion version,
            GlobalPosition position,
            String typeName,
            EventMetadata metadata,
            Instant recordedAt) {
        return new RecordedEvent<>(event, id, 0, streamId, version, position, typeName, metadata, recordedAt, false);
    }

    /**
     * The same record with this number of its part.
     *
     * @throws IllegalArgumentException if the number is negative
     */
    public RecordedEvent<E> withPart(long number) {
        if (number < 0) {
            throw new IllegalArgumentException("The number of a part must not be negative, is " + number);
        }
        return number == part
                ? this
                : new RecordedEvent<>(
                        event, id, number, streamId, version, position, typeName, metadata, recordedAt, personal);
    }

    /** The same record with another event. */
    public <T extends Event> RecordedEvent<T> withEvent(T replacement) {
        return new RecordedEvent<>(
                replacement, id, part, streamId, version, position, typeName, metadata, recordedAt, personal);
    }

    /** The same record, marked as {@linkplain #holdsPersonalData() holding personal data}. For authors of stores. */
    public RecordedEvent<E> withPersonalData() {
        return new RecordedEvent<>(event, id, part, streamId, version, position, typeName, metadata, recordedAt, true);
    }

    /**
     * Whether the stored event holds {@linkplain PersonalData personal data} that is sealed, readable or erased: a
     * later read may find a placeholder instead of a value, so the event must not be kept for long.
     */
    public boolean holdsPersonalData() {
        return personal;
    }

    /** The fact, decoded. */
    public E event() {
        return event;
    }

    /** The id of the event, unique in the store. The parts of one stored event share it: see {@link #part()}. */
    public UUID id() {
        return id;
    }

    /**
     * Which part of the stored event this is, if today's code turns one old event into several: 0 for the first (or for
     * the {@linkplain io.eventcore.serialization.Upcaster#withHeir heir}), and for every event that is whole. The
     * others have numbers that do not reflect their order; upcasters that are added later change none of them. Parts
     * share id, stream, version and position: see {@link #deduplicationId()}.
     */
    public long part() {
        return part;
    }

    /**
     * Identifies the event for a consumer that may receive it again and must process it once: the {@link #id()}; for
     * parts other than 0, followed by a dot and the number of the {@link #part()}. Unique among all events read from a
     * store, and the same in later releases, whatever upcasters they add. At most 56 characters.
     */
    public String deduplicationId() {
        return part == 0 ? id.toString() : id + "." + part;
    }

    /** The stream it is stored in. */
    public StreamId streamId() {
        return streamId;
    }

    /** Its place in the stream: 1 for the first event. */
    public StreamVersion version() {
        return version;
    }

    /** Its place in the order over all streams. */
    public GlobalPosition position() {
        return position;
    }

    /** The name it was stored under; an old name if it was stored under one. */
    public String typeName() {
        return typeName;
    }

    /** The metadata that it was appended with; empty if there was none. */
    public EventMetadata metadata() {
        return metadata;
    }

    /** When the store recorded the event, in microseconds. Not an order: clocks go backwards. */
    public Instant recordedAt() {
        return recordedAt;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof RecordedEvent<?> that
                && part == that.part
                && id.equals(that.id)
                && position.equals(that.position)
                && version.equals(that.version)
                && streamId.equals(that.streamId)
                && typeName.equals(that.typeName)
                && metadata.equals(that.metadata)
                && recordedAt.equals(that.recordedAt)
                && event.equals(that.event);
    }

    @Override
    public int hashCode() {
        return 31 * id.hashCode() + Long.hashCode(part);
    }

    /** Place and type, without the payload, so that an event can be logged. */
    @Override
    public String toString() {
        String which = part == 0 ? "" : " part " + part;
        return "%s %s%s in stream '%s' at version %s, position %s"
                .formatted(typeName, id, which, streamId, version, position);
    }
}
