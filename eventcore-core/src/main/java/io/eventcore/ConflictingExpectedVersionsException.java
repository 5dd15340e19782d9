package io.eventcore;

/**
 * One append registers a stream with two different expectations: a programming error.
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

    /** The first expectation. */
    public ExpectedVersion first() {
        return first;
    }

    /** The second expectation. */
    public ExpectedVersion second() {
        return second;
    }
}
