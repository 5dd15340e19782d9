package io.eventcore.projection;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Renews the leases of this process, also while their owners are busy, and tells the workers what others did: took a
 * lease, let one run out, paused or resumed a projection. One statement for each of the two, however many workers.
 */
final class LeaseKeeper implements Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(LeaseKeeper.class);

    private final RunnerContext context;
    private final List<PartitionWorker<?>> workers;
    private final VersionSwitch versionSwitch;
    private final Set<String> guests = ConcurrentHashMap.newKeySet();
    private final Bell bell = new Bell();
    private final ReentrantLock looking = new ReentrantLock();

    private volatile boolean stopped;
    private long renewedAt;

    LeaseKeeper(RunnerContext context, List<PartitionWorker<?>> workers, VersionSwitch versionSwitch) {
        this.context = context;
        this.workers = workers;
        this.versionSwitch = versionSwitch;
        this.renewedAt = context.nanoTime().getAsLong();
    }

    /** Renews the leases of another owner too, for as long as something takes. */
    void renewing(String owner, Runnable action) {
        guests.add(owner);
        try {
            action.run();
        } finally {
            guests.remove(owner);
        }
    }

    void stop() {
        stopped = true;
        bell.ring();
    }

    @Override
    public void run() {
        boolean troubled = false;
        while (!stopped) {
            try {
                renewIfDue();
                versionSwitch.look(look());
                troubled = false;
            } catch (RuntimeException e) {
                if (!troubled) {
                    LOG.warn("The leases of projections cannot be renewed; trying again", e);
                }
                troubled = true;
            }
            bell.await(context.settings().lookEvery().toNanos());
        }
    }

    private void renewIfDue() {
        long now = context.nanoTime().getAsLong();
        long lease = context.settings().lease().toNanos();
        if (now - renewedAt < lease / 4) {
            return;
        }
        Map<PartitionWorker<?>, Lease> held = held();
        if (!held.isEmpty()) {
            context.store().renew(context.owner(), context.settings().lease());
            held.forEach((worker, ours) -> worker.renewed(ours, now + lease));
        }
        for (String guest : new HashSet<>(guests)) {
            context.store().renew(guest, context.settings().lease());
        }
        renewedAt = now;
    }

    /** Tells the workers what the store says. */
    List<PartitionState> look() {
        looking.lock();
        try {
            Map<PartitionWorker<?>, Lease> held = held();
            List<PartitionState> states = context.store().partitions();
            Map<ProjectionPartition, PartitionState> byPartition = new HashMap<>();
            states.forEach(state -> byPartition.put(state.partition(), state));
            for (PartitionWorker<?> worker : workers) {
                worker.observe(
                        Optional.ofNullable(byPartition.get(worker.partition())),
                        Optional.ofNullable(held.get(worker)));
            }
            if (context.versions().observe(states)) {
                workers.forEach(PartitionWorker::ring);
                context.progress().turn();
            }
            return states;
        } finally {
            looking.unlock();
        }
    }

    private Map<PartitionWorker<?>, Lease> held() {
        Map<PartitionWorker<?>, Lease> held = new HashMap<>();
        workers.forEach(worker -> worker.lease().ifPresent(lease -> held.put(worker, lease)));
        return held;
    }
}
