package io.eventcore.projection;

import io.eventcore.internal.OwnThreads;
import java.util.Iterator;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives leases back. What the store could not be told at once is told it again, until it has heard or the lease has run
 * out, which it does for no lease that is given back is renewed.
 *
 * <p>Safe for any number of threads.
 */
final class LeaseReturns {
    private static final Logger LOG = LoggerFactory.getLogger(LeaseReturns.class);

    private final LeaseStore store;
    private final LongSupplier nanoTime;
    private final long lease;

    /** Until when each has run out at the latest. */
    private final Map<Lease, Long> untold = new ConcurrentHashMap<>();

    LeaseReturns(LeaseStore store, RunnerSettings settings, LongSupplier nanoTime) {
        this.store = store;
        this.nanoTime = nanoTime;
        this.lease = settings.lease().toNanos();
    }

    /** Gives a lease back, now or soon. */
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

    /** Tells the store again what it has not heard of; the first failure ends it, until the next time. */
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
