package io.eventcore.transfer;

import io.eventcore.GlobalPosition;
import java.util.Objects;

/**
 * The result of an export or an import. Immutable.
 *
 * @since 0.1
 */
public final class TransferResult {
    private final long events;
    private final long written;
    private final GlobalPosition last;
    private final String sha256;

    TransferResult(long events, long written, GlobalPosition last, String sha256) {
        this.events = events;
        this.written = written;
        this.last = Objects.requireNonNull(last, "last");
        this.sha256 = Objects.requireNonNull(sha256, "sha256");
    }

    /** The same result, with this number of events written. */
    TransferResult withWritten(long count) {
        return new TransferResult(events, count, last, sha256);
    }

    /** How many events the file holds. */
    public long events() {
        return events;
    }

    /** How many events this call has written: to the file, or to the store, which already held the others. */
    public long written() {
        return written;
    }

    /** The position of the last event, in the log that was exported; {@link GlobalPosition#START} if there is none. */
    public GlobalPosition lastPosition() {
        return last;
    }

    /** A hash over all events in their order, in hexadecimal: two exports with the same hash hold the same events. */
    public String sha256() {
        return sha256;
    }

    @Override
    public String toString() {
        return "%d events, %d written, up to position %s, sha256 %s".formatted(events, written, last, sha256);
    }
}
