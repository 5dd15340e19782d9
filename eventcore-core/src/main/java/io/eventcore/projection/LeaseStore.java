package io.eventcore.projection;

import io.eventcore.GlobalPosition;
import io.eventcore.StreamId;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.ToIntFunction;

/**
 * Stores which owner may run which partition of which projection.
 *
 * <p>Time is that of the store alone (a database's clock, or the monotonic clock of one process): the clocks of two
 * machines are never compared. No method joins a caller's transaction, and none waits for a projection's transaction
 * that is applying events. Safe for any number of threads.
 *
 * @since 0.1
 */
public interface LeaseStore {
    /**
     * Registers the partitions of a version of a projection, without a lease. Registered partitions stay as they are,
     * even if their number differs. Of several versions, the one that was registered first is active; a version of a
     * paused projection is paused.
     *
     * @param version 1 or more, or {@link ProjectionPartition#SIDE_EFFECTS}, which is never active
     * @param from where new partitions begin; {@link GlobalPosition#START} for the beginning of the log
     */
    void register(String projection, int version, int partitions, GlobalPosition from);

    /**
     * Takes the lease of a partition if it is free, the projection is not paused, and it has as many partitions as the
     * caller expects: a different number assigns streams to other partitions. An owner may take its own lease again,
     * under a new token: it may have taken it without receiving the answer. This clears a failure of an earlier owner.
     *
     * @param partitions the number of partitions that the caller expects
     * @param owner the new holder; unique to a thread, which holds no other lease of the partition
     * @param length how long the lease is valid unless it is renewed
     * @return the lease, with a token greater than all earlier ones; empty if the caller cannot have it
     */
    Optional<Lease> acquire(ProjectionPartition partition, int partitions, String owner, Duration length);

    /**
     * Takes the lease of a partition away from its owner, even if the projection is paused. The owner's next commit is
     * refused.
     *
     * @throws IllegalArgumentException if the partition was not registered
     */
    Lease seize(ProjectionPartition partition, String owner, Duration length);

    /**
     * Makes leases valid for this long from now, each if it is still the newest of its partition. No other lease is
     * renewed: a lease that its owner does not know of must run out.
     *
     * @param leases those the caller holds; none is allowed
     * @return whether all were renewed; if not, those that are still the newest were
     */
    boolean renew(List<Lease> leases, Duration length);

    /** Returns a lease, so that it is free at once. Does nothing if the lease is no longer held. */
    void release(Lease lease);

    /**
     * Divides a version of a projection into another number of partitions. Owners of old partitions lose them, and
     * every lease of a new partition has a greater token.
     *
     * @param leases of all old partitions; all of them have reached the same position, from which the new ones continue
     * @param partitions how many new ones
     * @param partitionOf which new partition a stream belongs to, for parked streams
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
