package io.eventcore;

/**
 * An event cannot be turned into its stored form, or could not be read from it again: a programming error. Nothing was
 * stored.
 *
 * @since 0.1
 */
public final class EventSerializationException extends EventStoreException {
    private static final long serialVersionUID = 1L;

    private final StreamId streamId;
    private final String typeName;

    /**
     * A failure to serialize an event of this type for this stream.
     *
     * @param cause says why, without any of the payload
     */
    public EventSerializationException(StreamId streamId, String typeName, Throwable cause) {
        super(
                "Event of type '%s' for stream '%s' cannot be serialized: %s"
                        .formatted(typeName, streamId, cause.getMessage()),
                cause);
        this.streamId = streamId;
        this.typeName = typeName;
    }

    /** The stream the event was meant for. */
    public StreamId streamId() {
        return streamId;
    }

    /** The name the event would have been stored under. */
    public String typeName() {
        return typeName;
    }
}
