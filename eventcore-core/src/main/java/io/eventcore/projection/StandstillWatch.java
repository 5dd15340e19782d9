package io.eventcore.projection;

import io.eventcore.internal.OwnThreads;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Logs when a projection of this process makes no progress, once for each standstill, and when the standstill ends.
 * This helps applications without health and metrics, and operators who have not looked at those yet.
 *
 * <p>It asks no database: one that does not answer may be the reason for the standstill.
 */
final class StandstillWatch implements Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(StandstillWatch.class);

    /**
     * How many looks in a row must see a standstill before it is logged: after a jump of the clock, a worker is only
     * late.
     */
    private static final int LOOKS = 3;

    private final List<PartitionWorker<?>> workers;
    private final RunnerSettings settings;
    private final Map<PartitionWorker<?>, Integer> seen = new HashMap<>();
    private final Set<PartitionWorker<?>> told = new HashSet<>();
    private final Wakeup wakeup = new Wakeup();
    private volatile boolean stopped;

    StandstillWatch(List<PartitionWorker<?>> workers, RunnerSettings settings) {
        this.workers = workers;
        this.settings = settings;
    }

    void stop() {
        stopped = true;
        wakeup.wakeUp();
    }

    @Override
    public void run() {
        while (!stopped) {
            wakeup.await(settings.lookEvery().toNanos());
            if (!stopped) {
                workers.forEach(this::look);
            }
        }
    }

    private void look(PartitionWorker<?> worker) {
        Duration standstill = worker.withoutStep();
        if (standstill.compareTo(settings.maxStandstill()) > 0) {
            if (seen.merge(worker, 1, Integer::sum) == LOOKS && told.add(worker)) {
                OwnThreads.tell(() -> LOG.warn(
                        "Projection '{}' has made no progress for {} s. It is {} at position {}. Look for an apply"
                                + " that does not return, or for a connection without a time-out",
                        worker.partition(),
                        standstill.toSeconds(),
                        worker.shown(worker.state()).word(),
                        worker.position()));
            }
        } else {
            seen.remove(worker);
            if (told.remove(worker)) {
                OwnThreads.tell(() -> LOG.info(
                        "Projection '{}' makes progress again. It is {} at position {}",
                        worker.partition(),
                        worker.shown(worker.state()).word(),
                        worker.position()));
            }
        }
    }
}
