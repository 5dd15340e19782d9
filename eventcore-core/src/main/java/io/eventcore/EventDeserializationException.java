package io.eventcore;

import org.jspecify.annotations.Nullable;

/**
 * A stored event cannot be read as requested: its type is not registered, its payload does not fit the class, or it is
 * not of the type that the caller reads.
 *
 * <p>Register the type (or an alias), make the class accept the old payload, or read as a wider type.
 *
 * @since 0.1
 */
public final class EventDeserializationException extends EventStoreException {
    private static final long serialVersionUID = 1L;

    private final StreamId streamId;
    private final StreamVersion version;
    private final GlobalPosition position;
    private final String typeName;

    /**
     * A failure to decode the event at this place.
     *
     * @param problem what is wrong, without any of the payload
     */
    public EventDeserializationException(
            StreamId streamId,
            StreamVersion version,
            GlobalPosition position,
            String typeName,
            String problem,
            @Nullable Throwable cause) {
        super(
                "Event of type '%s' at position %s (stream '%s', version %s) cannot be read: %s"
                        .formatted(typeName, position, streamId, version, problem),
                cause);
        this.streamId = streamId;
        this.version = version;
        this.position = position;
        this.typeName = typeName;
    }

    /** The stream the event is stored in. */
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
}
