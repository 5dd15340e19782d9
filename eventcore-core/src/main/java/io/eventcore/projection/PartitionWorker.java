package io.eventcore.projection;

import io.eventcore.Event;
import io.eventcore.GlobalPosition;
import io.eventcore.internal.OwnThreads;
import io.eventcore.internal.SetsDeadlines;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs one partition of a projection: waits for the lease, catches up from the checkpoint, follows the end of the log,
 * and begins again after every interruption. {@link WorkerState} draws how one state follows from another.
 *
 * <p>{@link #run} belongs to one thread; any thread may call the other methods. Other threads read one {@linkplain
 * #state() state}, change it by what the store says, and ask the thread to {@linkplain #stop() stop}.
 */
final class PartitionWorker<E extends Event> implements Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(PartitionWorker.class);

    /** How many characters of a failure text a store keeps. */
    private static final int LONGEST_FAILURE = 900;

    private final Projection<E> projection;
    private final ProjectionPartition partition;
    private final String owner;
    private final RunnerContext context;
    private final Admission admission;
    private final Wakeup wakeup = new Wakeup();
    private final PartitionProgress progress;
    private volatile boolean stopped;

    // Used only by the thread of the worker.
    private final PartitionReader<E> log;
    private final CheckpointCheck check;
    private long askedAt;

    /** @param owner the owner that takes the leases; no other worker of the partition uses it */
    PartitionWorker(
            Projection<E> projection,
            ProjectionPartition partition,
            String owner,
            RunnerContext context,
            Admission admission) {
        this.projection = projection;
        this.partition = partition;
        this.owner = owner;
        this.context = context;
        this.admission = admission;
        this.log = new PartitionReader<>(projection, partition.number(), context, wakeup);
        this.check = new CheckpointCheck(partition, projection, context);
        this.askedAt = now();
        this.progress = new PartitionProgress(context, askedAt);
    }

    private long now() {
        return context.nanoTime().getAsLong();
    }

    ProjectionPartition partition() {
        return partition;
    }

    /** Whether it is the worker of a partition that the store knows. */
    boolean isOf(PartitionState found) {
        return found.partition().equals(partition) && isDividedLike(found);
    }

    /** Whether the projection is divided into as many partitions here as the store says. */
    boolean isDividedLike(PartitionState found) {
        return found.partitions() == projection.partitions();
    }

    /** Whether it runs a reaction with deadlines. */
    boolean setsDeadlines() {
        return projection instanceof SetsDeadlines;
    }

    /** Checks for due deadlines now, without waiting for the next check. */
    void lookForDeadlines() {
        progress.wantDeadlineLook();
        wakeup.wakeUp();
    }

    /** Its name in a status. */
    String label() {
        return ProjectionPartition.label(partition.projection(), partition.version());
    }

    /** Whether it may run at present. */
    boolean isAdmitted() {
        return admission.isAdmitted();
    }

    /** Wakes another worker whenever this one has come further: that worker may run as far as this one has come. */
    void wake(PartitionWorker<?> follower) {
        progress.wake(follower.wakeup);
    }

    /** Wakes this worker: it may be waiting for what has changed. */
    void wakeUp() {
        wakeup.wakeUp();
    }

    ProjectionCounts counts() {
        return progress.counts();
    }

    /** What it is doing now, and what it knows. */
    WorkerState state() {
        return progress.state();
    }

    /** What a status shows of a state. */
    ProjectionState shown(WorkerState of) {
        return of.shown(counts().isFailing());
    }

    /** How far it has come, as far as is known here. */
    GlobalPosition position() {
        return state().facts().position();
    }

    /**
     * How long this instance has failed to make a step that it has to make, if the log ends at a position; zero if it
     * has to make none.
     */
    Duration standstill(WorkerState of, GlobalPosition last) {
        return last.compareTo(of.facts().position()) <= 0 ? Duration.ZERO : withoutStep(of);
    }

    /**
     * How long this instance has failed to make a step that it has to make. A step goes forward, or finds that there is
     * nothing to do; the latter takes no longer than a pause of the worker. Zero if it has to make none. Asks no
     * database.
     */
    Duration withoutStep() {
        return withoutStep(state());
    }

    private Duration withoutStep(WorkerState of) {
        if (stopped || !of.hasToRun() || !admission.isAdmitted()) {
            return Duration.ZERO;
        }
        // Another instance is in charge only while the store answers and says so.
        long since = of.runsHere() || of.facts().free()
                ? lastStepAt(of) + context.settings().pollMax().toNanos()
                : of.facts().seenAt();
        long expected = context.settings().lookEvery().toNanos();
        return Duration.ofNanos(Math.max(0, now() - since - expected));
    }

    /** A page may take long; each commit within it is a step. */
    private long lastStepAt(WorkerState of) {
        long committedAt = counts().committedAt();
        long steppedAt = of.facts().steppedAt();
        return committedAt - steppedAt > 0 ? committedAt : steppedAt;
    }

    /** Why it last could not continue, without any payload; empty if it always could. */
    String lastFailure(WorkerState of) {
        String failure = of.facts().failure();
        return failure.isEmpty() ? counts().lastFailure() : failure;
    }

    /** Asks the thread to finish its current batch, give the lease back, and end. */
    void stop() {
        stopped = true;
        wakeup.wakeUp();
    }

    /** Records that a lease of this worker is valid until this time of the monotonic clock. */
    void renewed(Lease lease, long goodUntil) {
        progress.change(now -> now.renewed(lease, goodUntil));
    }

    /**
     * Records what the store says.
     *
     * @param version the partitions of its version of the projection
     * @param before the lease held before the store was asked, so that a lease taken meanwhile does not count as lost
     */
    void observe(List<PartitionState> version, Optional<Lease> before) {
        Observation seen = new Observation(
                partition, projection.partitions(), owner, version, before, admission.isAdmitted(), now());
        WorkerState old = progress.change(now -> now.observed(seen));
        WorkerState next = old.observed(seen);
        if (!old.holds() && !next.facts().free()) {
            counts().standsBy();
        }
        boolean lost = old.runsHere() && !next.runsHere();
        boolean freed = next.facts().free() && !old.facts().free();
        boolean changedByOperator = next.facts().paused() != old.facts().paused()
                || next.facts().resumes() != old.facts().resumes();
        if (lost || freed || changedByOperator) {
            wakeup.wakeUp();
            progress.tell();
        }
    }

    @Override
    public void run() {
        while (!stopped) {
            // Code of the application may have left an interrupt behind, which would make the next statement fail.
            Thread.interrupted();
            runOnce();
        }
        progress.change(WorkerState::ended);
        progress.tell();
    }

    private void runOnce() {
        try {
            awaitTurn()
                    .ifPresent(lease -> new LeasedRun<>(
                                    projection, context, lease, admission, log, check, wakeup, progress, this::mayGoOn)
                            .run());
        } catch (LeaseLostException lost) {
            LOG.info("{}; another instance continues", lost.getMessage());
        } catch (ProjectionFailedException | LogWentBackwardsException failed) {
            fail(failed);
        } catch (Throwable e) {
            pauseAfter(e);
        } finally {
            if (state().holds()) {
                leave(WorkerState::withoutLease);
            }
        }
    }

    /** The lease; empty if it is not this worker's turn yet. */
    private Optional<Lease> awaitTurn() {
        long before = now();
        WorkerState waiting = state();
        Duration length = context.settings().lease();
        // The store may call a lease valid that runs out far too late, because a clock was wrong. It gives such a lease
        // to an owner that asks.
        boolean asks = waiting.facts().free() || before - askedAt > length.toNanos();
        if (asks && !waiting.facts().dividedOtherwise() && waiting.wantsLease() && admission.isAdmitted()) {
            askedAt = before;
            Optional<Lease> lease = context.store().acquire(partition, projection.partitions(), owner, length);
            if (lease.isPresent()) {
                progress.change(now -> now.taken(lease.get(), before + length.toNanos()));
                return lease;
            }
            progress.change(WorkerState::refused);
            check.checkWhileStandingBy();
        }
        wakeup.awaitMillis(context.settings().lookEvery().toMillis());
        return Optional.empty();
    }

    /** Makes a transition to a state without a lease, and gives the lease back. */
    private void leave(UnaryOperator<WorkerState> transition) {
        log.leave();
        progress.change(transition).leaseToGiveBack().ifPresent(context.returns()::giveBack);
        progress.tell();
    }

    /** Gives the lease back in place of a thread that never will. */
    void abandon() {
        progress.change(WorkerState::overtaken).leaseToGiveBack().ifPresent(context.returns()::giveBack);
    }

    private boolean mayGoOn() {
        WorkerState now = state();
        return !stopped && now.hasToRun() && now.isGoodAt(now()) && admission.isAdmitted();
    }

    private void fail(RuntimeException failure) {
        String text = failure instanceof LogWentBackwardsException
                ? String.valueOf(failure.getMessage())
                : failure.getMessage()
                        + "; its onError returned FAIL, or threw an exception: fix the cause and resume the projection,"
                        + " or let onError return SKIP or PARK";
        LOG.error("Projection '{}' has stopped here: {}", partition, text);
        state().leaseToGiveBack().ifPresent(lease -> {
            try {
                context.store()
                        .recordFailure(
                                lease, text.length() > LONGEST_FAILURE ? text.substring(0, LONGEST_FAILURE) : text);
            } catch (RuntimeException e) {
                LOG.debug("The failure of projection '{}' could not be stored", partition, OwnThreads.redacted(e));
            }
        });
        leave(now -> now.failed(text));
    }

    /**
     * Something that it needs before it can run has failed. Nothing tries that again until the number of resumes is
     * greater than this.
     */
    void cannotBegin(String why, long resumesSoFar) {
        progress.change(
                now -> now.with(now.facts().resumedSoOften(resumesSoFar)).failed(why));
        progress.tell();
    }

    /** That failure is over without a resume: another instance has continued. */
    void canBegin() {
        progress.change(WorkerState::notFailedAnyMore);
        wakeup.wakeUp();
        progress.tell();
    }

    private void pauseAfter(Throwable e) {
        leave(now -> now.stumbled(e.getClass().getName()));
        int troublesInARow = progress.trouble();
        if (troublesInARow == 1) {
            OwnThreads.tell(() -> LOG.warn(
                    "Projection '{}' was interrupted and starts again from its checkpoint",
                    partition,
                    OwnThreads.redacted(e)));
        }
        wakeup.pause(context.settings().troubleNanos(troublesInARow), () -> !stopped);
    }
}
