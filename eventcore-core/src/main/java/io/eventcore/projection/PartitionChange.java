package io.eventcore.projection;

import io.eventcore.Event;
import io.eventcore.GlobalPosition;
import io.eventcore.internal.OwnThreads;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Divides a projection into the number of partitions that it declares, where the store knows another number.
 *
 * <p>A checkpoint counts for the streams of its partition, so streams may change the partition only where all old
 * checkpoints are the same. This takes the leases of all old partitions, brings those that are behind to where the
 * foremost one is, divided as they were, and then replaces them by new ones that go on from there. An instance that is interrupted
 * leaves old partitions behind that are as good as before.
 *
 * <p>{@link #run} belongs to one thread.
 */
final class PartitionChange<E extends Event> implements Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(PartitionChange.class);
    private static final int READ_AHEAD = 500;

    /** What the owners of such leases begin with, so that two who want the same do not disturb each other. */
    private static final String OWNER = "change/";

    private final Projection<E> projection;
    private final RunnerContext context;
    private final LeaseKeeper keeper;
    private final List<PartitionWorker<?>> waiting;
    private final LogScan scan;
    private final Wakeup wakeup = new Wakeup();
    private volatile boolean stopped;
    private long failedAtResumes = -1;

    /** @param waiting the workers that cannot begin before this has come to its end */
    PartitionChange(
            Projection<E> projection, RunnerContext context, LeaseKeeper keeper, List<PartitionWorker<?>> waiting) {
        this.projection = projection;
        this.context = context;
        this.keeper = keeper;
        this.waiting = waiting;
        this.scan = LogScan.of(context.reader(), projection);
    }

    void stop() {
        stopped = true;
        wakeup.wakeUp();
    }

    @Override
    public void run() {
        int failures = 0;
        while (!stopped) {
            long pause = context.settings().lookEvery().toNanos();
            try {
                List<PartitionState> old = states();
                if (isAsDeclared(old)) {
                    return;
                }
                if (isFree(old)) {
                    change(old, OWNER + context.owner() + "/" + UUID.randomUUID());
                }
                failures = 0;
            } catch (LeaseLostException lost) {
                LOG.info("{}; dividing the projection anew is tried again", lost.getMessage());
            } catch (Throwable e) {
                pause = context.settings().troubleNanos(++failures);
                OwnThreads.tell(() -> LOG.warn(
                        "Projection '{}' could not be divided anew; trying again", label(), OwnThreads.redacted(e)));
            }
            wakeup.pause(pause, () -> !stopped);
        }
    }

    private List<PartitionState> states() {
        return context.store().partitions().stream()
                .filter(state -> state.partition().projection().equals(projection.name())
                        && state.partition().version() == projection.version())
                .toList();
    }

    private boolean isAsDeclared(List<PartitionState> states) {
        return states.isEmpty() || states.get(0).partitions() == projection.partitions();
    }

    /** Whether no operator has paused it, no other instance divides it, and it was resumed since it failed here. */
    private boolean isFree(List<PartitionState> states) {
        return states.stream()
                .noneMatch(state -> state.paused()
                        || state.resumes() == failedAtResumes
                        || (!state.free() && state.owner().startsWith(OWNER)));
    }

    private void change(List<PartitionState> old, String owner) {
        List<Lease> leases = new ArrayList<>();
        try {
            for (PartitionState state : old) {
                Lease lease = context.store()
                        .seize(state.partition(), owner, context.settings().lease());
                keeper.keep(lease);
                leases.add(lease);
            }
            List<Checkpoint> checkpoints = leases.stream()
                    .map(lease -> context.store().checkpoint(lease.partition()))
                    .toList();
            GlobalPosition end = checkpoints.stream()
                    .map(Checkpoint::position)
                    .max(GlobalPosition::compareTo)
                    .orElse(GlobalPosition.START);
            for (Lease lease : leases) {
                if (!drain(lease, leases.size(), end)) {
                    return;
                }
            }
            int partitions = projection.partitions();
            if (context.store()
                    .repartition(leases, partitions, stream -> StreamPartitioner.partition(stream, partitions))) {
                LOG.info(
                        "Projection '{}' is divided into {} partitions now, after {}, from position {} on",
                        label(),
                        partitions,
                        leases.size(),
                        end);
            }
        } finally {
            leases.forEach(keeper::giveBack);
            keeper.look();
        }
    }

    /** Applies what an old partition lacks up to a position; false if there is no time for it. */
    private boolean drain(Lease lease, int partitions, GlobalPosition end) {
        ProjectionCounts counts = new ProjectionCounts(context.nanoTime());
        EventApplication<E> application = new EventApplication<>(projection, context, lease, () -> !stopped, counts);
        CulpritSearch<E> search = new CulpritSearch<>(
                projection,
                application,
                new Parking<>(projection, application, context),
                context.settings(),
                this::pause,
                counts);
        GlobalPosition after = application.checkpoint().position();
        try {
            while (after.compareTo(end) < 0) {
                LogPage page = scan.read(after, READ_AHEAD).upTo(end, after);
                List<LogEntry<E>> own =
                        LogEntry.ofPartition(page, lease.partition().number(), partitions, projection.eventType());
                if (search.apply(own) < own.size()) {
                    return false;
                }
                if (page.continueAfter().compareTo(after) <= 0 && !waitForLog(lease, application, end)) {
                    return false;
                }
                after = page.continueAfter();
            }
        } catch (ProjectionFailedException | LogWentBackwardsException failed) {
            fail(lease, failed);
            return false;
        }
        if (application.checkpoint().position().compareTo(end) < 0) {
            application.moveTo(application.checkpoint().movedTo(end));
        }
        return true;
    }

    /**
     * Another part has been where this one does not come at present: an append in flight that announced itself late may
     * hold readers back. False if there is no time to wait.
     */
    private boolean waitForLog(Lease lease, EventApplication<E> application, GlobalPosition end) {
        GlobalPosition last = context.reader().lastPosition();
        if (last.compareTo(end) < 0) {
            throw new LogWentBackwardsException(
                    lease.partition(), application.checkpoint(), "it ends at position " + last);
        }
        wakeup.await(context.settings().lookEvery().toNanos());
        return !stopped;
    }

    private void pause(long nanos) {
        wakeup.pause(nanos, () -> !stopped);
    }

    private void fail(Lease lease, RuntimeException failure) {
        long resumes =
                states().stream().mapToLong(PartitionState::resumes).max().orElse(-1);
        failedAtResumes = resumes;
        String text = failure.getMessage() + "; before it can be divided into " + projection.partitions()
                + " partitions: resume it";
        LOG.error("Projection '{}' has stopped here: {}", lease.partition(), text);
        context.store().recordFailure(lease, text.length() > 900 ? text.substring(0, 900) : text);
        waiting.forEach(worker -> worker.cannotBegin(text, resumes));
    }

    private String label() {
        return ProjectionPartition.label(projection.name(), projection.version());
    }
}
