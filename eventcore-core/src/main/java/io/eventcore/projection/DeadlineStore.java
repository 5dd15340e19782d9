package io.eventcore.projection;

import io.eventcore.GlobalPosition;
import java.time.Instant;
import java.util.List;

/**
 * Keeps the deadlines of reactions beside their checkpoints: in one transaction with them, and by one clock, that of the
 * store.
 *
 * <p>A deadline belongs to a version of a reaction and to one of {@value ProjectionPartition#MAX_PARTITIONS} slots, by the
 * stream of the event that has set it; a partition has a run of neighbouring slots, so that dividing a reaction anew moves
 * no deadline. No method costs more the more deadlines are pending and not due. Safe for any number of threads.
 *
 * @since 0.1
 */
public interface DeadlineStore {
    /**
     * Checks that deadlines can be kept here.
     *
     * @throws RuntimeException if not: the tables are those of an older release; the message says what to do
     * @throws io.eventcore.EventStoreException if that cannot be told, because the store does not answer
     */
    void checkDeadlines();

    /**
     * As {@link CheckpointStore#advance(Lease, Checkpoint, Checkpoint, List)}, with changes of deadlines in the same atomic
     * step.
     *
     * @param deadlines what becomes of deadlines, in this order
     * @return whether everything was done; if not, nothing was, and a transaction of the caller has to be rolled back
     */
    boolean advance(
            Lease lease, Checkpoint from, Checkpoint to, List<ParkedChange> parked, List<DeadlineChange> deadlines);

    /** The time of the store, and the next deadline of a partition. Deadlines that are set aside do not count. */
    DeadlineLook nextDeadline(DeadlineSlots slots);

    /**
     * The deadlines of a partition that are due at a time, this many at most: in the order in which they fall due, and of
     * those of one time in that of the log. Those that are set aside are left out.
     */
    List<PendingDeadline> dueDeadlines(DeadlineSlots slots, Instant asOf, int limit);

    /** How many deadlines a version of a reaction has. */
    DeadlineCounts deadlineCounts(String projection, int version);

    /**
     * The next deadlines of a version of a reaction, in the order in which they fall due; of those of one time in that of the
     * log.
     *
     * @param parked whether those that are set aside are wanted, or the others
     * @param after only those after this place
     * @param limit how many at most
     */
    List<PendingDeadline> deadlines(String projection, int version, boolean parked, DeadlinePlace after, int limit);

    /**
     * Lets deadlines that were set aside be executed. They are due by the clock of the store at this moment, if they were due
     * before: a round that has looked at the clock earlier does not know what calls them off since.
     *
     * @param from the position of the first event whose deadlines are meant
     * @param to that of the last one
     * @return how many there were
     */
    int retryParkedDeadlines(String projection, int version, GlobalPosition from, GlobalPosition to);

    /**
     * Gives up deadlines that were set aside: they are never executed.
     *
     * @param from the position of the first event whose deadlines are meant
     * @param to that of the last one
     * @return how many there were
     */
    int discardParkedDeadlines(String projection, int version, GlobalPosition from, GlobalPosition to);
}
