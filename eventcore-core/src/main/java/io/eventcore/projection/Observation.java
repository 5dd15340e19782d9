package io.eventcore.projection;

import io.eventcore.GlobalPosition;
import java.util.List;
import java.util.Optional;

/**
 * What the store has said, for the worker of one partition.
 *
 * @param partition the partition of the worker
 * @param partitions into how many partitions the projection is divided here
 * @param owner the owner that takes the leases of the worker
 * @param version the partitions of the worker's version of the projection, as it is divided in the store; none if the
 *     store does not know it
 * @param before the lease held before the store was asked, so that a lease taken meanwhile does not count as lost
 * @param admitted whether the worker may run at all
 * @param at when the store answered, on the monotonic clock
 */
record Observation(
        ProjectionPartition partition,
        int partitions,
        String owner,
        List<PartitionState> version,
        Optional<Lease> before,
        boolean admitted,
        long at) {
    /**
     * The state of the partition; empty if the store does not know it, or has divided the projection into another
     * number of partitions.
     */
    Optional<PartitionState> state() {
        return version.stream()
                .filter(state -> state.partition().equals(partition) && state.partitions() == partitions)
                .findFirst();
    }

    /** Whether the projection is divided into another number of partitions in the store. */
    boolean isDividedOtherwise() {
        return !version.isEmpty() && version.get(0).partitions() != partitions;
    }

    /** Whether a lease that is held now is known to be lost: it was held when the store was asked, and is not the newest. */
    boolean hasLost(Optional<Lease> now) {
        return now.isPresent()
                && now.equals(before)
                && !state().map(found -> found.isHeldBy(now.get())).orElse(false);
    }

    /**
     * Whether no other instance holds the lease. If the projection is divided otherwise, there is no such lease: then,
     * whether all leases are free.
     *
     * @param holds whether this worker may be at work under a lease
     */
    boolean isFree(boolean holds) {
        if (isDividedOtherwise()) {
            return version.stream().allMatch(PartitionState::free);
        }
        // If the store names this worker as the owner of a lease that the worker does not know of, the answer was lost,
        // or the lease could not be given back. The worker may take it again.
        return state().map(found -> found.free() || (!holds && found.owner().equals(owner)))
                .orElse(false);
    }

    /** Whether an operator has paused the projection; empty if the store does not know it. */
    Optional<Boolean> paused() {
        return version.stream().map(PartitionState::paused).reduce(Boolean::logicalOr);
    }

    /** How often the projection was resumed; empty if the store does not know it. */
    Optional<Long> resumes() {
        return version.stream().map(PartitionState::resumes).reduce(Math::max);
    }

    /** How far the partition has come; if the projection is divided otherwise, how far all of its partitions have. */
    Optional<GlobalPosition> position() {
        return isDividedOtherwise()
                ? version.stream().map(state -> state.checkpoint().position()).min(GlobalPosition::compareTo)
                : state().map(found -> found.checkpoint().position());
    }
}
