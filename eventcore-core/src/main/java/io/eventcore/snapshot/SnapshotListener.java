package io.eventcore.snapshot;

/**
 * Hears of the outcomes of snapshots, for metrics, with the name of the command class. What it throws is logged once
 * and counted, and does not affect the command. Safe for any number of threads.
 *
 * @since 0.1
 */
public interface SnapshotListener {
    /**
     * Why all events of a command were folded although there was, or should have been, a snapshot.
     *
     * @since 0.1
     */
    enum ReplayReason {
        /** The class declares another version. */
        OUTDATED,

        /** The state could not be read, or the events that follow could not be applied to it. */
        UNREADABLE,

        /** It does not cover the streams that the command rests on now. */
        PARTIAL,

        /** An event was committed late, below the snapshot's position, or received a tag later. */
        LATE_EVENT,

        /** It covers events that the log does not hold, or no longer holds. */
        AHEAD_OF_LOG,

        /** The snapshot store failed. */
        UNAVAILABLE
    }

    /** A listener that does nothing. */
    static SnapshotListener none() {
        return new SnapshotListener() {};
    }

    /** A fold continued from a snapshot. */
    default void used(String commandType) {}

    /** A snapshot was not used. */
    default void replayed(String commandType, ReplayReason reason) {}

    /** A snapshot was handed to the store, which keeps it unless it has one that is ahead. */
    default void saved(String commandType) {}

    /** A snapshot was not stored: too many are waiting, its state does not survive its JSON form, or the store failed. */
    default void dropped(String commandType) {}
}
