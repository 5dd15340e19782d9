package io.eventcore.projection;

import java.util.Objects;

/**
 * The right to run a partition of a projection for a while.
 *
 * <p>The token is greater than that of every earlier lease of the partition. A store accepts a checkpoint only under
 * the newest token, so an owner that was frozen beyond its lease can do no harm when it wakes up. Immutable.
 *
 * @param partition the partition
 * @param owner the holder; unique to a thread of a runner
 * @param token the fencing token
 * @since 0.1
 */
public record Lease(ProjectionPartition partition, String owner, long token) {
    /** Checks that everything is given. */
    public Lease {
        Objects.requireNonNull(partition, "partition");
        Objects.requireNonNull(owner, "owner");
    }
}
