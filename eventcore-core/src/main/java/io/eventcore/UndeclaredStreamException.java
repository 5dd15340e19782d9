package io.eventcore;

/**
 * An event goes to a stream whose version is not part of the check: a programming error. Nothing was stored.
 *
 * <p>Register the stream before adding the event; in a command, declare the stream or discover it, or let the event
 * carry a tag that the command decides on.
 *
 * @since 0.1
 */
public final class UndeclaredStreamException extends EventStoreException {
    private static final long serialVersionUID = 1L;

    private final StreamId streamId;

    /** An event for a stream that is not registered in its {@link StreamWrites}. */
    public UndeclaredStreamException(StreamId streamId) {
        this(
                streamId,
                ("Stream '%s' receives an event but is not declared: register it, with its expected version, before"
                                + " you add the event")
                        .formatted(streamId));
    }

    /**
     * An event of a command for a stream that the command has neither declared nor discovered.
     *
     * @param command the class of the command
     */
    public UndeclaredStreamException(StreamId streamId, Class<?> command) {
        this(
                streamId,
                "%s decides on an event for stream '%s', which it has not declared: mark the stream with @Stream, name it in streams(), discover it, or give the event a tag of the command's query"
                        .formatted(command.getName(), streamId));
    }

    private UndeclaredStreamException(StreamId streamId, String problem) {
        super(problem, null);
        this.streamId = streamId;
    }

    /** The stream. */
    public StreamId streamId() {
        return streamId;
    }
}
