package io.eventcore.command;

/**
 * How often commands of one executor needed no read, since it was built, and how much it remembers now. Immutable.
 *
 * <p>Decisions in a transaction of the caller, on tags, with a command id, with a snapshot or on hot streams do not count.
 *
 * @since 0.1
 */
public final class WarmStreamStatistics {
    private final long warm;
    private final long cold;
    private final long outdated;
    private final long streams;
    private final long bytes;

    WarmStreamStatistics(long warm, long cold, long outdated, long streams, long bytes) {
        this.warm = warm;
        this.cold = cold;
        this.outdated = outdated;
        this.streams = streams;
        this.bytes = bytes;
    }

    /** How many decisions were made without a read, and kept. */
    public long warm() {
        return warm;
    }

    /** How many decisions were made after a read. */
    public long cold() {
        return cold;
    }

    /** How many decisions were made without a read and again after one, because another process had appended. */
    public long outdated() {
        return outdated;
    }

    /** How many streams are remembered. */
    public long streams() {
        return streams;
    }

    /** How many bytes they take, as they are estimated. */
    public long bytes() {
        return bytes;
    }

    @Override
    public String toString() {
        return "%d warm, %d cold, %d outdated; %d streams in %d bytes".formatted(warm, cold, outdated, streams, bytes);
    }
}
