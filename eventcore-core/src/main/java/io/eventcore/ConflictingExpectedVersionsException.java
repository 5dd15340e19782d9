package io.eventcore;

/**
 * One append registers a stream with two different expectations: a mistake of the program.
 *
 * @since 0.1
 */
public final class ConflictingExpectedVersionsException extends EventStoreException {
    private static final long serialVersionUID = 1L;

    private final StreamId streamId;
    private final ExpectedVersion first;
    private final ExpectedVersion second;

    /** Two expectations of one stream. */
    public ConflictingExpectedVersionsException(StreamId streamId, ExpectedVersion first, ExpectedVersion second) {
        super("Stream '%s' is registered with %s and again with %s".formatted(streamId, first, second), null);
        this.streamId = streamId;
        this.first = first;
        this.second = second;
    }

    /** The stream. */
    public StreamId streamId() {
        return streamId;
    }

    /** What it was registered with first. */
    public ExpectedVersion first() {
        return first;
    }

    /** What it was to be registered with again. */
    public ExpectedVersion second() {
        return second;
    }
}
