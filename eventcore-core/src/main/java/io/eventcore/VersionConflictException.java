package io.eventcore;

/**
 * A stream does not have the version that an append expects. Nothing was stored: read again and decide again.
 *
 * <p>Of several streams in conflict, the first in the order of {@link StreamId} is named.
 *
 * @since 0.1
 */
public final class VersionConflictException extends ConflictException {
    private static final long serialVersionUID = 1L;

    private final StreamId streamId;
    private final ExpectedVersion expected;
    private final StreamVersion actual;

    /** A conflict between what was expected of a stream and what the store found. */
    public VersionConflictException(StreamId streamId, ExpectedVersion expected, StreamVersion actual) {
        super(
                "Stream '%s' %s, expected %s"
                        .formatted(streamId, actual.exists() ? "is at version " + actual : "does not exist", expected),
                null);
        this.streamId = streamId;
        this.expected = expected;
        this.actual = actual;
    }

    /**
     * This conflict with a note from the code that passes it on.
     *
     * @param note a sentence, without any of the payload
     */
    public VersionConflictException(VersionConflictException conflict, String note) {
        super(conflict.getMessage() + ". " + note, conflict);
        this.streamId = conflict.streamId;
        this.expected = conflict.expected;
        this.actual = conflict.actual;
    }

    @Override
    public VersionConflictException withNote(String note) {
        return new VersionConflictException(this, note);
    }

    /** The stream in conflict. */
    public StreamId streamId() {
        return streamId;
    }

    /** What the append expected. */
    public ExpectedVersion expected() {
        return expected;
    }

    /** What the store found; it may have moved on since. */
    public StreamVersion actual() {
        return actual;
    }
}
