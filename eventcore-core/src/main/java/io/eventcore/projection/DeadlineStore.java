package io.eventcore.projection;

import io.eventcore.GlobalPosition;
import java.time.Instant;
import java.util.List;

/**
 * Stores the deadlines of reactions together with their checkpoints: in one transaction, and by one clock, that of the
 * store.
 *
 * <p>A deadline belongs to a version of a reaction and to one of {@value ProjectionPartition#MAX_PARTITIONS} slots, by
 * the stream of the event that has set it; a partition has a run of neighbouring slots, so that dividing a reaction
 * again moves no deadline. The cost of no method depends on the number of pending deadlines that are not due. Safe for
 * any number of threads.
 *
 * @since 0.1
 */
public interface DeadlineStore {
    /**
     * Checks that deadlines can be kept here.
     *
     * @throws RuntimeException if not, because the tables are those of an older release; the message says what to do
     * @throws io.eventcore.EventStoreException if the store does not answer
     */
    void checkDeadlines();

    /**
     * As {@link CheckpointStore#advance(Lease, Checkpoint, Checkpoint, List)}, with changes to deadlines in the same
     * atomic step.
     *
     * @param deadlines changes to deadlines, made in this order
     * @return whether everything was done; if not, nothing was, and the caller must roll back its transaction
     */
    boolean advance(
            Lease lease, Checkpoint from, Checkpoint to, List<ParkedChange> parked, List<DeadlineChange> deadlines);

    /** The time of the store, and the next deadline of a partition. Parked deadlines do not count. */
    DeadlineLook nextDeadline(DeadlineSlots slots);

    /**
     * The deadlines of a partition that are due at a time, at most this many: in the order in which they fall due,
     * those of the same time in the order of the log. Without parked ones.
     */
    List<PendingDeadline> dueDeadlines(DeadlineSlots slots, Instant asOf, int limit);

    /** How many deadlines a version of a reaction has. */
    DeadlineCounts deadlineCounts(String projection, int version);

    /**
     * The next deadlines of a version of a reaction, in the order in which they fall due, those of the same time in the
     * order of the log.
     *
     * @param parked whether to return the parked deadlines or the others
     * @param after only those after this place
     * @param limit how many at most
     */
    List<PendingDeadline> deadlines(String projection, int version, boolean parked, DeadlinePlace after, int limit);

    /**
     * Makes parked deadlines pending again. Those that were due before are now due at the current time of the store: a
     * round that read the clock earlier does not know what has called them off since.
     *
     * @param from the position of the first event whose deadlines to change
     * @param to the position of the last one
     * @return how many there were
     */
    int retryParkedDeadlines(String projection, int version, GlobalPosition from, GlobalPosition to);

    /**
     * Discards parked deadlines: they are never executed.
     *
     * @param from the position of the first event whose deadlines to change
     * @param to the position of the last one
     * @return how many there were
     */
    int discardParkedDeadlines(String projection, int version, GlobalPosition from, GlobalPosition to);
}
