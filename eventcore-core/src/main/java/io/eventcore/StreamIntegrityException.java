package io.eventcore;

/**
 * A stream has a gap: an event between two others, or before its known version, is missing. Something other than the
 * store changed the tables; restore them from a backup.
 *
 * @since 0.1
 */
public final class StreamIntegrityException extends EventStoreException {
    private static final long serialVersionUID = 1L;

    private final StreamId streamId;
    private final StreamVersion missing;

    /** A stream and its first missing version. */
    public StreamIntegrityException(StreamId streamId, StreamVersion missing) {
        super("Stream '%s' has lost its event of version %s".formatted(streamId, missing), null);
        this.streamId = streamId;
        this.missing = missing;
    }

    /** The stream. */
    public StreamId streamId() {
        return streamId;
    }

    /** The first missing version. */
    public StreamVersion missing() {
        return missing;
    }
}
