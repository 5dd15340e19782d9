package io.eventcore.projection;

import io.eventcore.internal.OwnThreads;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadFactory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Renews the leases of one task until it ends, on its own thread: whether or not the runner runs, and even if it stops
 * meanwhile. The thread begins with the first lease.
 *
 * <p>Safe for any number of threads.
 */
final class LeaseRenewal implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LeaseRenewal.class);

    private final LeaseStore store;
    private final RunnerSettings settings;
    private final ThreadFactory threads;
    private final Set<Lease> kept = ConcurrentHashMap.newKeySet();
    private final Wakeup wakeup = new Wakeup();
    private volatile boolean closed;
    private boolean begun;

    LeaseRenewal(LeaseStore store, RunnerSettings settings, ThreadFactory threads) {
        this.store = store;
        this.settings = settings;
        this.threads = threads;
    }

    /** Renews a lease from now on. */
    synchronized void keep(Lease lease) {
        kept.add(lease);
        if (!begun) {
            begun = true;
            OwnThreads.thread(threads, "The renewal of leases for a reset", this::renewUntilClosed)
                    .start();
        }
    }

    private void renewUntilClosed() {
        while (!closed) {
            wakeup.pause(settings.lease().toNanos() / 4, () -> !closed);
            if (!closed) {
                renew();
            }
        }
    }

    private void renew() {
        try {
            store.renew(List.copyOf(kept), settings.lease());
        } catch (RuntimeException e) {
            // The next renewal may come in time. If not, the store refuses whatever rests on the leases.
            LOG.debug("The leases for a reset could not be renewed; trying again", OwnThreads.redacted(e));
        }
    }

    /** Stops renewing all leases; gives none back. */
    @Override
    public void close() {
        closed = true;
        wakeup.wakeUp();
    }
}
