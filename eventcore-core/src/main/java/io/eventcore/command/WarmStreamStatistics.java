package io.eventcore.command;

/**
 * How often commands of one executor needed no read, since it was built, and how much it remembers now. Immutable.
 *
 * <p>Commands in a transaction of the caller, on tags, with a command id, with a snapshot or on hot streams do not
 * count. Without discovery of streams, {@code warm / (warm + cold)} is the fraction of commands that needed no read; a
 * command that discovers streams counts as cold for each round that reads, and also as warm if another round did not.
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

    /**
     * How many decisions without a read the store has confirmed: decisions with events, without events, and rejections.
     */
    public long warm() {
        return warm;
    }

    /**
     * How often streams were read for a decision, whatever its outcome: because one of them was not remembered, was
     * recently changed by other processes, or was too long, or because a check of the log was due. Of remembered
     * streams only the tail is read.
     */
    public long cold() {
        return cold;
    }

    /**
     * How many decisions without a read the store has not confirmed, because a stream had more events than were
     * remembered. Each was made again after a read, which counts as cold. An append that is refused because another
     * command of this executor was faster is a conflict, and does not count.
     */
    public long outdated() {
        return outdated;
    }

    /**
     * How many streams are remembered. Of some, only how often other processes have appended to them is remembered, not
     * their events: streams that became hot, or whose events were evicted.
     */
    public long streams() {
        return streams;
    }

    /** Their estimated size in bytes: 256 for each stream, plus its events. */
    public long bytes() {
        return bytes;
    }

    @Override
    public String toString() {
        return "%d warm, %d cold, %d outdated; %d streams in %d bytes".formatted(warm, cold, outdated, streams, bytes);
    }
}
