package io.eventcore.projection;

import io.eventcore.internal.OwnThreads;
import java.util.Iterator;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Returns leases. If the store cannot be reached, it tries again until the store knows, or the lease has run out: a
 * returned lease is not renewed.
 *
 * <p>Safe for any number of threads.
 */
final class LeaseReturns {
    private static final Logger LOG = LoggerFactory.getLogger(LeaseReturns.class);

    private final LeaseStore store;
    private final LongSupplier nanoTime;
    private final long lease;

    /** The leases that could not be returned yet, and the time at which each runs out. */
    private final Map<Lease, Long> untold = new ConcurrentHashMap<>();

    LeaseReturns(LeaseStore store, RunnerSettings settings, LongSupplier nanoTime) {
        this.store = store;
        this.nanoTime = nanoTime;
        this.lease = settings.lease().toNanos();
    }

    /** Returns a lease, now or soon. */
    void giveBack(Lease returned) {
        try {
            store.release(returned);
        } catch (Throwable e) {
            untold.put(returned, nanoTime.getAsLong() + lease);
            OwnThreads.tell(() -> LOG.debug(
                    "The lease of projection '{}' could not be given back yet",
                    returned.partition(),
                    OwnThreads.redacted(e)));
        }
    }

    /** Tries again to return leases; the first failure ends this attempt. */
    void giveBackAgain() {
        for (Iterator<Map.Entry<Lease, Long>> left = untold.entrySet().iterator(); left.hasNext(); ) {
            Map.Entry<Lease, Long> next = left.next();
            if (next.getValue() - nanoTime.getAsLong() > 0) {
                store.release(next.getKey());
            }
            left.remove();
        }
    }
}
