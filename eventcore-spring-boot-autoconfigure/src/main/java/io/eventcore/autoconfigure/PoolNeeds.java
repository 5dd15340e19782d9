package io.eventcore.autoconfigure;

import java.util.OptionalInt;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How many connections the projections of an instance may need at once from one pool.
 *
 * @param stores how many named stores with projections are in the pool's database
 * @param partitions each one needs a connection while it applies a batch
 * @param listeners how many of the stores listen for notifications, if the database has them
 */
record PoolNeeds(int stores, int partitions, int listeners) {
    private static final Logger LOG = LoggerFactory.getLogger(PoolNeeds.class);

    /** The shared reader of the log and the leases. */
    private static final int READER_AND_LEASES = 2;

    /** Warns if the pool has fewer connections. */
    void check(OptionalInt poolSize) {
        int helpers = stores * READER_AND_LEASES;
        int needed = partitions + helpers + listeners;
        if (poolSize.isPresent() && poolSize.getAsInt() < needed) {
            LOG.warn(
                    "The connection pool has {} connections, and projections may need {} at once: {} for active"
                            + " partitions, {} for the reader of the log and the leases{}. Requests and projections"
                            + " will wait for each other, and a projection whose lease cannot be renewed moves to"
                            + " another instance. Make the pool larger, for example with"
                            + " spring.datasource.hikari.maximum-pool-size.",
                    poolSize.getAsInt(),
                    needed,
                    partitions,
                    helpers,
                    listeners > 0 ? ", " + listeners + " for notifications" : "");
        }
    }
}
