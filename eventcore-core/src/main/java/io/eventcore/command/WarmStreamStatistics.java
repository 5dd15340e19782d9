package io.eventcore.command;

/**
 * How often commands of one executor needed no read, since it was built, and how much it remembers now. Immutable.
 *
 * <p>What runs in a transaction of the caller, on tags, with a command id, with a snapshot or on hot streams does not count.
 * Without discovery of streams {@code warm / (warm + cold)} is how often no read was needed; a command that discovers some counts
 * as cold for each round that reads, and as warm too if another round did not.
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

    /** How many decisions without a read the store has confirmed: that events are appended, or none, or that it is refused. */
    public long warm() {
        return warm;
    }

    /**
     * How often streams were read for a decision, whatever became of it: because one of them was not known, was changed by
     * others lately, or was too long, or because a look at the log was due. Of what is known only the tail is read.
     */
    public long cold() {
        return cold;
    }

    /**
     * How many decisions without a read the store has not confirmed, because more had come to a stream than was remembered. Each
     * was made again after a read, which counts as cold. An append that is refused because another command of this executor has
     * won is a conflict, and does not count.
     */
    public long outdated() {
        return outdated;
    }

    /**
     * Of how many streams anything is remembered. Of some that is no event, but only how often others have appended to them:
     * those that became hot, or of which the events were forgotten, until there is need of the room.
     */
    public long streams() {
        return streams;
    }

    /** How many bytes they take, as they are estimated: 256 for each stream, and its events. */
    public long bytes() {
        return bytes;
    }

    @Override
    public String toString() {
        return "%d warm, %d cold, %d outdated; %d streams in %d bytes".formatted(warm, cold, outdated, streams, bytes);
    }
}
