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
 * <p>What was decoded is kept instead of the stored form. Safe for any number of threads.
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

    /** Decodes at first; gives what came of it afterwards. */
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

    /** An event that is decoded already. */
    static UndecodedEvent of(RecordedEvent<Event> event) {
        return at(
                event.streamId(),
                event.version(),
                event.position(),
                event.typeName(),
                event.id(),
                event.recordedAt(),
                () -> event);
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
     * The event, decoded.
     *
     * @throws EventDeserializationException if it cannot be decoded; the same one each time
     */
    public RecordedEvent<Event> decode() {
        try {
            RecordedEvent<Event> decoded = content.get();
            content = () -> decoded;
            return decoded;
        } catch (EventDeserializationException failure) {
            content = () -> {
                throw failure;
            };
            throw failure;
        }
    }

    @Override
    public String toString() {
        return "%s at position %s (stream '%s', version %s)".formatted(typeName, position, streamId, version);
    }
}
