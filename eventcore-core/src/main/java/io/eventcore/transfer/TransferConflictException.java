package io.eventcore.transfer;

import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A stream of the store does not match the events to be imported: it holds another event in the place of one of them,
 * or lacks the preceding one. Import into a store without these streams.
 *
 * @since 0.1
 */
public final class TransferConflictException extends TransferException {
    private static final long serialVersionUID = 1L;

    private final long line;
    private final transient StreamId streamId;
    private final transient StreamVersion version;
    private final String why;

    /** The place of an event that cannot be imported, and why. For authors of stores. */
    public TransferConflictException(StreamId streamId, StreamVersion version, String why) {
        this(0, streamId, version, why, null);
    }

    private TransferConflictException(
            long line, StreamId streamId, StreamVersion version, String why, @Nullable Throwable cause) {
        super(
                (line == 0 ? "" : "Line " + line + ": ")
                        + "Stream '%s', version %s: %s".formatted(streamId, version, why),
                cause);
        this.line = line;
        this.streamId = Objects.requireNonNull(streamId, "streamId");
        this.version = Objects.requireNonNull(version, "version");
        this.why = Objects.requireNonNull(why, "why");
    }

    /**
     * The place is taken by an event that is not the same in all that is stored. Names what differs, and quotes neither
     * payload nor metadata.
     *
     * @param event the event to be imported
     * @param there the event that the store holds in its place
     */
    public static TransferConflictException otherEvent(ExportedEvent event, ExportedEvent there) {
        return new TransferConflictException(
                event.streamId(),
                event.version(),
                "the store holds another event there, at position %s: it differs from the file in %s"
                        .formatted(there.position(), String.join(", ", event.differencesFrom(there))));
    }

    /** This conflict, with the line of the event in a file. */
    TransferConflictException inLine(long number) {
        return new TransferConflictException(number, streamId, version, why, this);
    }

    /** The stream ends before the place. */
    public static TransferConflictException hole(StreamId streamId, StreamVersion version, long actual) {
        return new TransferConflictException(
                streamId, version, "the stream is at version %d, which this event does not continue".formatted(actual));
    }

    /**
     * The line of the file that holds the event to be imported, 1 for the first line; 0 if the event does not come from
     * a file.
     */
    public long line() {
        return line;
    }

    /** The stream. */
    public StreamId streamId() {
        return streamId;
    }

    /** The version that the event to be imported has. */
    public StreamVersion version() {
        return version;
    }
}
