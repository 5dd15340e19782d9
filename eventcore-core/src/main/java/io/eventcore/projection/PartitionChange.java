package io.eventcore.projection;

import io.eventcore.Event;
import io.eventcore.GlobalPosition;
import io.eventcore.internal.OwnThreads;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ThreadFactory;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Divides a projection into the number of partitions that it declares, if the store has another number.
 *
 * <p>A checkpoint counts for the streams of its partition, so streams may change their partition only when all old
 * checkpoints are the same. This takes the leases of all old partitions and brings each of them, divided as they were,
 * to the position of the foremost one. Then it replaces them with new partitions, which continue from there. If the
 * instance is interrupted, the old partitions are as good as before.
 *
 * <p>An instance that starts takes the partitions from the instances that run them. Later, if another instance has
 * divided the projection otherwise, this one stands by. It divides the projection again only if no instance has run any
 * partition for a while: then the instances that could run them are gone, and without this the projection would stand
 * still.
 *
 * <p>Has a thread only while there is something to do. One thread at a time may call {@link #observe}.
 */
final class PartitionChange<E extends Event> implements Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(PartitionChange.class);
    private static final int READ_AHEAD = 500;

    /**
     * The prefix of the owner names of these leases, so that two instances that divide the same projection do not
     * disturb each other.
     */
    private static final String OWNER = "change/";

    private final Projection<E> projection;
    private final RunnerContext context;
    private final LeaseKeeper keeper;
    private final List<PartitionWorker<?>> waiting;
    private final LogScan scan;
    private final ThreadFactory threads;
    private final Wakeup wakeup = new Wakeup();
    private volatile boolean stopped;

    /** True until the store has shown the projection divided as it is declared. */
    private volatile boolean starting = true;

    private volatile @Nullable Thread thread;
    private @Nullable Long unattendedSince;

    /** Whether the waiting workers know that another instance has failed, but not yet that this is over. */
    private boolean failedElsewhere;

    // Used only by the thread of this change.
    private long failedAtResumes = -1;

    /** @param waiting the workers that cannot begin before this has come to its end */
    PartitionChange(
            Projection<E> projection,
            RunnerContext context,
            LeaseKeeper keeper,
            List<PartitionWorker<?>> waiting,
            ThreadFactory threads) {
        this.projection = projection;
        this.context = context;
        this.keeper = keeper;
        this.waiting = waiting;
        this.scan = LogScan.of(context.reader(), projection);
        this.threads = threads;
    }

    /** The name of the projection. */
    String projection() {
        return projection.name();
    }

    void stop() {
        stopped = true;
        wakeup.wakeUp();
    }

    /** The thread that divides the projection now, or did so last; empty if there was none. */
    Optional<Thread> thread() {
        return Optional.ofNullable(thread);
    }

    /** Records what the store says about the projection, and begins to divide it again if that is due. */
    void observe(StoreLook look) {
        List<PartitionState> states = look.of(projection.version());
        if (failedElsewhere && (isAsDeclared(states) || failure(states).isEmpty())) {
            failedElsewhere = false;
            waiting.forEach(PartitionWorker::canBegin);
        }
        if (isAsDeclared(states)) {
            starting = starting && states.isEmpty();
            unattendedSince = null;
        } else if (!stopped && thread().filter(Thread::isAlive).isEmpty() && isDue(states)) {
            unattendedSince = null;
            Thread beginning = OwnThreads.thread(threads, "The thread that divides anew", this);
            thread = beginning;
            beginning.start();
        }
    }

    private boolean isDue(List<PartitionState> states) {
        if (starting) {
            return true;
        }
        if (!isUnattended(states)) {
            unattendedSince = null;
            return false;
        }
        long now = context.nanoTime().getAsLong();
        Long since = unattendedSince == null ? Long.valueOf(now) : unattendedSince;
        unattendedSince = since;
        if (now - since < RunnerSettings.UNATTENDED.toNanos()) {
            return false;
        }
        Optional<PartitionState> failed = failure(states);
        // The instances on which the projection has failed may still run: once an operator resumes it, they or this
        // instance continue.
        failed.ifPresent(state -> waiting.forEach(worker -> worker.cannotBegin(state.failure(), state.resumes())));
        failedElsewhere = failed.isPresent();
        return failed.isEmpty();
    }

    /** A partition that has failed and that no instance has acquired since. */
    private static Optional<PartitionState> failure(List<PartitionState> states) {
        return states.stream().filter(state -> !state.failure().isEmpty()).findFirst();
    }

    /** Whether no instance runs a partition, although no operator has paused it. */
    private static boolean isUnattended(List<PartitionState> states) {
        return states.stream().allMatch(state -> state.free() && !state.paused());
    }

    @Override
    public void run() {
        int failures = 0;
        while (!stopped) {
            long pause = context.settings().lookEvery().toNanos();
            try {
                List<PartitionState> old = states();
                if (isAsDeclared(old) || !(starting || isUnattended(old))) {
                    return;
                }
                if (isFree(old)) {
                    change(old, OWNER + context.owner() + "/" + UUID.randomUUID());
                }
                failures = 0;
            } catch (LeaseLostException lost) {
                LOG.info("{}; trying again to change the number of partitions", lost.getMessage());
            } catch (Throwable e) {
                pause = context.settings().troubleNanos(++failures);
                OwnThreads.tell(() -> LOG.warn(
                        "The number of partitions of projection '{}' could not be changed; trying again",
                        label(),
                        OwnThreads.redacted(e)));
            }
            wakeup.pause(pause, () -> !stopped);
        }
    }

    private List<PartitionState> states() {
        return context.store().partitions(projection.name()).stream()
                .filter(state -> state.partition().version() == projection.version())
                .toList();
    }

    private boolean isAsDeclared(List<PartitionState> states) {
        return states.isEmpty() || states.get(0).partitions() == projection.partitions();
    }

    /**
     * Whether no operator has paused or is resetting the projection, no other instance is dividing it, and, if it has
     * failed here, an operator has resumed it since.
     */
    private boolean isFree(List<PartitionState> states) {
        return states.stream()
                .noneMatch(state -> state.paused()
                        || state.resumes() == failedAtResumes
                        || (!state.free() && isHeldForAMoment(state.owner())));
    }

    private static boolean isHeldForAMoment(String owner) {
        return owner.startsWith(OWNER) || owner.contains(ProjectionRunner.RESET);
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
                        "Projection '{}' now has {} partitions instead of {}, from position {}",
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

    /** Applies the events that an old partition lacks up to a position; false if there is no time for it. */
    private boolean drain(Lease lease, int partitions, GlobalPosition end) {
        ProjectionCounts counts = new ProjectionCounts(context.nanoTime());
        EventApplication<E> application =
                new EventApplication<>(projection, context, lease, () -> !stopped, event -> {}, counts);
        CulpritSearch<E> search = new CulpritSearch<>(
                projection, application, new Parking<>(projection, application, context), context, this::pause, counts);
        GlobalPosition after = application.checkpoint().position();
        try {
            while (after.compareTo(end) < 0) {
                LogPage page = scan.read(after, READ_AHEAD).upTo(end, after);
                List<LogEntry<E>> own = LogEntry.ofPartition(
                        page, lease.partition().number(), partitions, projection.filter(), projection.eventType());
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
     * Waits because another partition has read further than this one can at present: an append in flight that announced
     * itself late may hold readers back. False if there is no time to wait.
     */
    private boolean waitForLog(Lease lease, EventApplication<E> application, GlobalPosition end) {
        GlobalPosition last = context.reader().lastPosition();
        if (last.compareTo(end) < 0) {
            throw LogWentBackwardsException.of(
                    projection, lease.partition(), application.checkpoint(), "it ends at position " + last);
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
