package io.eventcore;

/**
 * A stream has a hole: an event between two others, or before its known version, is not there. The tables were changed
 * by other means than the store; restore them from a backup.
 *
 * @since 0.1
 */
public final class StreamIntegrityException extends EventStoreException {
    private static final long serialVersionUID = 1L;

    private final StreamId streamId;
    private final StreamVersion missing;

    /** A stream and the first version that is missing in it. */
    public StreamIntegrityException(StreamId streamId, StreamVersion missing) {
        super("Stream '%s' has lost its event of version %s".formatted(streamId, missing), null);
        this.streamId = streamId;
        this.missing = missing;
    }

    /** The stream. */
    public StreamId streamId() {
        return streamId;
    }

    /** The first version that is missing. */
    public StreamVersion missing() {
        return missing;
    }
}
