package io.eventcore.projection;

import io.eventcore.GlobalPosition;
import io.eventcore.StreamId;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.ToIntFunction;

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
     * Makes the partitions of a version of a projection known, without a lease. Those already known stay as they are,
     * also if they are another number. Of several versions the one that was registered first is active; a version of a
     * paused projection is paused.
     *
     * @param version 1 or more, or {@link ProjectionPartition#SIDE_EFFECTS}, which is never active
     * @param from where new partitions begin; {@link GlobalPosition#START} for the beginning of the log
     */
    void register(String projection, int version, int partitions, GlobalPosition from);

    /**
     * Takes the lease of a partition if it is free, the projection is not paused, and it is divided as the caller
     * believes: a stream belongs to another partition where there is another number of them. An owner may take its own
     * lease again, under a new token: it may have taken it without hearing the answer. A failure of an earlier owner is
     * over then.
     *
     * @param partitions into how many parts the caller divides the projection
     * @param owner who takes it; unique to a thread, which holds no other lease of the partition
     * @param length how long it is good unless it is renewed
     * @return the lease, with a token greater than every one before; empty if it is not to be had
     */
    Optional<Lease> acquire(ProjectionPartition partition, int partitions, String owner, Duration length);

    /**
     * Takes the lease of a partition from its owner, also of a paused projection. That owner's next commit is refused.
     *
     * @throws IllegalArgumentException if the partition was not registered
     */
    Lease seize(ProjectionPartition partition, String owner, Duration length);

    /**
     * Makes leases good for this long from now, each if it is still the newest of its partition. No other lease is
     * renewed: one that its owner does not know of has to run out.
     *
     * @param leases those the caller holds; none is allowed
     * @return whether all of them were; if not, those that are the newest are good for longer all the same
     */
    boolean renew(List<Lease> leases, Duration length);

    /** Gives a lease back, so that it is free at once. Nothing happens if it is not held any more. */
    void release(Lease lease);

    /**
     * Divides a version of a projection into another number of partitions. An owner of an old one has lost
     * it, and every lease of a new one has a greater token.
     *
     * @param leases of all old partitions; all of them have come to the same position, from which the new ones go on
     * @param partitions how many new ones
     * @param partitionOf which new partition a stream belongs to, for those that are parked
     * @return whether it was done; if not, a lease was lost or missing, or the positions differ, and nothing was done
     */
    boolean repartition(List<Lease> leases, int partitions, ToIntFunction<StreamId> partitionOf);

    /** All partitions of all projections known to the store. */
    List<PartitionState> partitions();

    /** The partitions of all versions of one projection. */
    default List<PartitionState> partitions(String projection) {
        return partitions().stream()
                .filter(state -> state.partition().projection().equals(projection))
                .toList();
    }
}
