package io.eventcore.projection;

import io.eventcore.internal.OwnThreads;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Renews the leases of this process, even while their owners are busy, and informs the workers of what other instances
 * did: took a lease, let one run out, paused or resumed a projection. Each of the two takes one statement, however many
 * workers there are (a hundred leases share one).
 *
 * <p>It renews the leases that workers hold, one by one and by their tokens, never all of this process: a lease that no
 * worker knows of must run out.
 */
final class LeaseKeeper implements Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(LeaseKeeper.class);

    private final RunnerContext context;
    private final List<PartitionWorker<?>> workers;
    private final List<PartitionChange<?>> changes;
    private final VersionSwitch versionSwitch;
    private final Set<Lease> guests = ConcurrentHashMap.newKeySet();
    private final Wakeup wakeup = new Wakeup();
    private final ReentrantLock looking = new ReentrantLock();

    private volatile boolean stopped;
    private boolean troubled;
    private long renewedAt;

    LeaseKeeper(
            RunnerContext context,
            List<PartitionWorker<?>> workers,
            List<PartitionChange<?>> changes,
            VersionSwitch versionSwitch) {
        this.context = context;
        this.workers = workers;
        this.changes = changes;
        this.versionSwitch = versionSwitch;
        this.renewedAt = context.nanoTime().getAsLong();
    }

    /** Also renews this lease, which belongs to no worker. */
    void keep(Lease lease) {
        guests.add(lease);
    }

    /** Stops renewing this lease, which belongs to no worker, and gives it back. */
    void giveBack(Lease lease) {
        guests.remove(lease);
        context.returns().giveBack(lease);
    }

    void stop() {
        stopped = true;
        wakeup.wakeUp();
    }

    @Override
    public void run() {
        while (!stopped) {
            // Each step runs even if the one before it has failed.
            boolean done = attempt("renewed", this::renewIfDue);
            done &= attempt("given back", context.returns()::giveBackAgain);
            done &= attempt("looked at", () -> versionSwitch.look(look()));
            troubled = !done;
            wakeup.await(context.settings().lookEvery().toNanos());
        }
        attempt("given back", context.returns()::giveBackAgain);
    }

    private boolean attempt(String what, Runnable action) {
        try {
            action.run();
            return true;
        } catch (Throwable e) {
            if (!troubled) {
                OwnThreads.tell(() ->
                        LOG.warn("The leases of projections cannot be {}; trying again", what, OwnThreads.redacted(e)));
            }
            return false;
        }
    }

    private void renewIfDue() {
        long now = context.nanoTime().getAsLong();
        long lease = context.settings().lease().toNanos();
        if (now - renewedAt < lease / 4) {
            return;
        }
        Map<PartitionWorker<?>, Lease> held = held();
        boolean all = renew(held.values());
        if (all) {
            held.forEach((worker, ours) -> worker.renewed(ours, now + lease));
        }
        renew(guests);
        if (all) {
            // If not all were renewed, the next check shows which workers have lost their leases. The other leases are
            // renewed next time.
            renewedAt = now;
        }
    }

    private boolean renew(Collection<Lease> leases) {
        return leases.isEmpty()
                || context.store().renew(List.copyOf(leases), context.settings().lease());
    }

    /** Tells the workers what the store says. */
    Map<String, StoreLook> look() {
        looking.lock();
        try {
            Map<PartitionWorker<?>, Lease> held = held();
            Map<String, StoreLook> looks = context.looks().lookAtAll();
            for (PartitionWorker<?> worker : workers) {
                ProjectionPartition partition = worker.partition();
                StoreLook look = context.looks().newest(partition.projection());
                worker.observe(look.of(partition.version()), Optional.ofNullable(held.get(worker)));
            }
            changes.forEach(change -> change.observe(context.looks().newest(change.projection())));
            looks.forEach(this::observe);
            return looks;
        } finally {
            looking.unlock();
        }
    }

    /** Records which version of a projection is active, by what the store says. */
    void observe(String projection, StoreLook look) {
        if (context.versions().observe(projection, look)) {
            workers.forEach(PartitionWorker::wakeUp);
            context.progress().changed();
        }
    }

    private Map<PartitionWorker<?>, Lease> held() {
        Map<PartitionWorker<?>, Lease> held = new HashMap<>();
        workers.forEach(worker -> worker.state().currentLease().ifPresent(lease -> held.put(worker, lease)));
        return held;
    }
}
