package io.eventcore.projection;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Keeps who may run which partition of which projection.
 *
 * <p>Time is that of the store alone (a database's clock, or the monotonic clock of one process): the clocks of two
 * machines are never compared. Nothing here joins a caller's transaction, and nothing waits for a projection's
 * transaction while that applies events. Safe for any number of threads.
 *
 * @since 0.1
 */
public interface LeaseStore {
    /**
     * Makes the partitions of a projection known, at the beginning of the log and without a lease. Those already known
     * stay as they are.
     *
     * @throws PartitionCountException if the projection is known with another number of partitions
     */
    void register(String projection, int partitions);

    /**
     * Takes the lease of a partition if it is free and the projection is not paused.
     *
     * @param owner who takes it; unique to a runner
     * @param length how long it is good unless it is renewed
     * @return the lease, with a token greater than every one before; empty if somebody else holds one that is good
     * @throws IllegalArgumentException if the partition was not registered
     */
    Optional<Lease> acquire(ProjectionPartition partition, String owner, Duration length);

    /**
     * Takes the lease of a partition from whoever holds it, also of a paused projection. Their next commit is refused.
     *
     * @throws IllegalArgumentException if the partition was not registered
     */
    Lease seize(ProjectionPartition partition, String owner, Duration length);

    /** Makes every lease that this owner still holds good for this long from now. */
    void renew(String owner, Duration length);

    /** Gives a lease back, so that it is free at once. Nothing happens if it is not held any more. */
    void release(Lease lease);

    /** All partitions of all projections known to the store. */
    List<PartitionState> partitions();
}
