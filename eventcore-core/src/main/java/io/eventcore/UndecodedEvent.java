package io.eventcore;

import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * An event of the log whose place is known and whose content is decoded when it is asked for: so that an event that is not
 * wanted costs nothing, and one that cannot be decoded spoils nothing but itself.
 *
 * <p>An event that nothing can change is decoded once, and kept instead of the stored form: one whose fields are final and hold
 * nothing but values, enums, records of such, and collections made by {@code List.copyOf} and the like. Of every other event
 * each call of {@link #decode()} gives a copy of its own, so that what one caller does to it is not seen by another. Safe
 * for any number of threads.
 *
 * @since 0.1
 */
public final class UndecodedEvent {
    private final StreamId streamId;
    private final StreamVersion version;
    private final GlobalPosition position;
    private final String typeName;
    private final @Nullable UUID id;
    private final @Nullable Instant recordedAt;

    /** What all callers get; none as long as it is not decoded, and for good if each of them needs a copy. */
    private volatile @Nullable RecordedEvent<Event> kept;

    /** Decodes. Holds the stored form as long as that is needed. */
    private volatile Supplier<RecordedEvent<Event>> content;

    private UndecodedEvent(
            StreamId streamId,
            StreamVersion version,
            GlobalPosition position,
            String typeName,
            @Nullable UUID id,
            @Nullable Instant recordedAt,
            Supplier<RecordedEvent<Event>> content) {
        this.streamId = Objects.requireNonNull(streamId, "streamId");
        this.version = Objects.requireNonNull(version, "version");
        this.position = Objects.requireNonNull(position, "position");
        this.typeName = Objects.requireNonNull(typeName, "typeName");
        this.id = id;
        this.recordedAt = recordedAt;
        this.content = Objects.requireNonNull(content, "content");
    }

    /**
     * An event that a store has read and not decoded. For authors of stores.
     *
     * @param decoder decodes it; throws {@link EventDeserializationException} if that cannot be done
     */
    public static UndecodedEvent at(
            StreamId streamId,
            StreamVersion version,
            GlobalPosition position,
            String typeName,
            UUID id,
            Instant recordedAt,
            Supplier<RecordedEvent<Event>> decoder) {
        return new UndecodedEvent(
                streamId,
                version,
                position,
                typeName,
                Objects.requireNonNull(id, "id"),
                Objects.requireNonNull(recordedAt, "recordedAt"),
                decoder);
    }

    /**
     * An event that was decoded already, and need not be again if nothing can change it.
     *
     * @param event the event, which no other code has
     * @param copies decodes it again
     */
    public static UndecodedEvent of(RecordedEvent<? extends Event> event, Supplier<? extends Event> copies) {
        UUID id = event.id();
        StreamId streamId = event.streamId();
        StreamVersion version = event.version();
        GlobalPosition position = event.position();
        String typeName = event.typeName();
        EventMetadata metadata = event.metadata();
        Instant recordedAt = event.recordedAt();
        UndecodedEvent undecoded = at(
                streamId,
                version,
                position,
                typeName,
                id,
                recordedAt,
                () -> RecordedEvent.of(copies.get(), id, streamId, version, position, typeName, metadata, recordedAt));
        undecoded.keepIfImmutable(event);
        return undecoded;
    }

    /** This event at another place in the log. */
    public UndecodedEvent movedTo(GlobalPosition place) {
        Supplier<RecordedEvent<Event>> here = content;
        return new UndecodedEvent(
                streamId,
                version,
                place,
                typeName,
                id,
                recordedAt,
                () -> here.get().movedTo(place));
    }

    /** The place of an event that could not be decoded, of which no more is known. */
    static UndecodedEvent of(EventDeserializationException failure) {
        return new UndecodedEvent(
                failure.streamId(), failure.version(), failure.position(), failure.typeName(), null, null, () -> {
                    throw failure;
                });
    }

    /** The stream it is stored in. */
    public StreamId streamId() {
        return streamId;
    }

    /** Its place in the stream. */
    public StreamVersion version() {
        return version;
    }

    /** Its place in the log. */
    public GlobalPosition position() {
        return position;
    }

    /** The name it is stored under. */
    public String typeName() {
        return typeName;
    }

    /** Its id; empty if the store cannot tell the id of an event that cannot be decoded. */
    public Optional<UUID> id() {
        return Optional.ofNullable(id);
    }

    /** When it was recorded; empty if the store cannot tell that of an event that cannot be decoded. */
    public Optional<Instant> recordedAt() {
        return Optional.ofNullable(recordedAt);
    }

    /**
     * The event, decoded: the same for all callers if nothing can change it, else a copy for this one.
     *
     * @throws EventDeserializationException if it cannot be decoded; the same one each time
     */
    public RecordedEvent<Event> decode() {
        RecordedEvent<Event> same = kept;
        if (same != null) {
            return same;
        }
        try {
            RecordedEvent<Event> decoded = content.get();
            keepIfImmutable(decoded);
            return decoded;
        } catch (EventDeserializationException failure) {
            content = () -> {
                throw failure;
            };
            throw failure;
        }
    }

    @SuppressWarnings("unchecked") // The record is read only.
    private void keepIfImmutable(RecordedEvent<? extends Event> decoded) {
        if (ImmutableValues.isImmutable(decoded.event())) {
            RecordedEvent<Event> same = (RecordedEvent<Event>) decoded;
            kept = same;
            content = () -> same;
        }
    }

    @Override
    public String toString() {
        return "%s at position %s (stream '%s', version %s)".formatted(typeName, position, streamId, version);
    }
}
