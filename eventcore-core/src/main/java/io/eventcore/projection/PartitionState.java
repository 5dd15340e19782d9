package io.eventcore.projection;

import java.util.Objects;

/**
 * What a store knows about a partition of a projection.
 *
 * <p>Immutable.
 *
 * @param partition which one
 * @param partitions into how many parts the projection is divided
 * @param checkpoint how far it has come
 * @param owner who holds, or last held, the lease; empty if it was released
 * @param token the newest fencing token; 0 if there never was a lease
 * @param free whether no owner holds a lease that is still good
 * @param paused whether no owner may take a lease
 * @param resumes how often the projection was resumed
 * @param failure why it has stopped by {@link FailureDecision#FAIL}, without any payload; empty if it has not, was resumed,
 *     or was taken on by an owner that {@linkplain LeaseStore#acquire acquired} it since
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
