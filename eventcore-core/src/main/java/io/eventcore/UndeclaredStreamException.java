package io.eventcore;

/**
 * An event goes to a stream whose version is not part of the check: a mistake of the program. Nothing was stored.
 *
 * <p>Register the stream before adding the event; in a command, declare the stream or discover it.
 *
 * @since 0.1
 */
public final class UndeclaredStreamException extends EventStoreException {
    private static final long serialVersionUID = 1L;

    private final StreamId streamId;

    /** An event for a stream that was not declared. */
    public UndeclaredStreamException(StreamId streamId) {
        super("Stream '" + streamId + "' receives an event but is not registered", null);
        this.streamId = streamId;
    }

    /** The stream. */
    public StreamId streamId() {
        return streamId;
    }
}
