package io.eventcore.transfer;

import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import java.util.Objects;

/**
 * A stream of the store does not go with the events to be imported: it holds another event in the place of one of them, or
 * lacks the one before. Import into a store without these streams.
 *
 * @since 0.1
 */
public final class TransferConflictException extends TransferException {
    private static final long serialVersionUID = 1L;

    private final transient StreamId streamId;
    private final transient StreamVersion version;

    /** The place of an event that cannot be imported, and why. For authors of stores. */
    public TransferConflictException(StreamId streamId, StreamVersion version, String why) {
        super("Stream '%s', version %s: %s".formatted(streamId, version, why), null);
        this.streamId = Objects.requireNonNull(streamId, "streamId");
        this.version = Objects.requireNonNull(version, "version");
    }

    /** The place is taken by another event. */
    public static TransferConflictException otherEvent(StreamId streamId, StreamVersion version) {
        return new TransferConflictException(streamId, version, "the store holds another event there");
    }

    /** The stream ends before the place. */
    public static TransferConflictException hole(StreamId streamId, StreamVersion version, long actual) {
        return new TransferConflictException(
                streamId, version, "the stream is at version %d, which this event does not continue".formatted(actual));
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
