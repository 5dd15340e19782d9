package io.eventcore.projection;

import java.util.Objects;

/**
 * The state of a partition of a projection in the store.
 *
 * <p>Immutable.
 *
 * @param partition the partition
 * @param partitions the number of partitions of the projection
 * @param checkpoint its checkpoint
 * @param owner the owner that holds, or last held, the lease; empty if it was released
 * @param token the newest fencing token; 0 if there never was a lease
 * @param free whether no owner holds a valid lease
 * @param paused whether the projection is paused, so that no owner may take a lease
 * @param resumes how often the projection was resumed
 * @param failure why it has stopped by {@link FailureDecision#FAIL}, without any payload; empty if it has not stopped,
 *     was resumed, or was {@linkplain LeaseStore#acquire acquired} by an owner since
 * @param active whether queries should read the version of the projection that it belongs to
 * @since 0.1
 */
public record PartitionState(
        ProjectionPartition partition,
        int partitions,
        Checkpoint checkpoint,
        String owner,
        long token,
        boolean free,
        boolean paused,
        long resumes,
        String failure,
        boolean active) {
    /** Checks that everything is given. */
    public PartitionState {
        Objects.requireNonNull(partition, "partition");
        Objects.requireNonNull(checkpoint, "checkpoint");
        Objects.requireNonNull(owner, "owner");
        Objects.requireNonNull(failure, "failure");
    }

    /** Whether this lease is the newest of the partition. */
    public boolean isHeldBy(Lease lease) {
        return token == lease.token() && owner.equals(lease.owner());
    }
}
