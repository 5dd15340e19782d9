package io.eventcore.transfer;

import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import java.util.Objects;

/**
 * After an import, the store differs from the file. After an import with positions, the store stays closed.
 *
 * @since 0.1
 */
public final class TransferVerificationException extends TransferException {
    private static final long serialVersionUID = 1L;

    private final long line;
    private final transient StreamId streamId;
    private final transient StreamVersion version;

    TransferVerificationException(long line, ExportedEvent expected, String why) {
        super(
                "Line %d, stream '%s', version %s: %s".formatted(line, expected.streamId(), expected.version(), why),
                null);
        this.line = line;
        this.streamId = Objects.requireNonNull(expected.streamId(), "streamId");
        this.version = Objects.requireNonNull(expected.version(), "version");
    }

    /** The line of the event that is missing, in the wrong place or different. */
    public long line() {
        return line;
    }

    /** The stream of that event. */
    public StreamId streamId() {
        return streamId;
    }

    /** Its version. */
    public StreamVersion version() {
        return version;
    }
}
