package io.eventcore.autoconfigure;

import java.util.OptionalInt;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How many connections the projections of an instance may need at once.
 *
 * @param partitions each one needs a connection while it applies a batch
 * @param notifications whether notifications are heard, if the database has them
 */
record PoolNeeds(int partitions, boolean notifications) {
    private static final Logger LOG = LoggerFactory.getLogger(PoolNeeds.class);

    /** The shared reader of the log and the leases. */
    private static final int READER_AND_LEASES = 2;

    /** Warns if the pool has fewer than that. */
    void check(OptionalInt poolSize) {
        int needed = partitions + READER_AND_LEASES + (notifications ? 1 : 0);
        if (poolSize.isPresent() && poolSize.getAsInt() < needed) {
            LOG.warn(
                    "The connection pool has {}, and projections may need {} at once: {} for partitions at work, 2 for the"
                            + " reader of the log and the leases{}. Requests and projections will wait for each other, and a"
                            + " projection whose lease cannot be renewed moves to another instance. Make the pool larger, for"
                            + " example by spring.datasource.hikari.maximum-pool-size.",
                    poolSize.getAsInt(),
                    needed,
                    partitions,
                    notifications ? ", 1 for notifications" : "");
        }
    }
}
