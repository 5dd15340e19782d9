package io.eventcore.projection;

import io.eventcore.GlobalPosition;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;

/**
 * What the worker of a partition is doing and how far it has come, and whom it wakes.
 *
 * <p>Safe for any number of threads, except for the methods that say they are for the worker's own thread.
 */
final class PartitionProgress {
    private final ProgressMonitor waiting;
    private final List<Wakeup> followers = new CopyOnWriteArrayList<>();
    private final ProjectionCounts counts;
    private final AtomicReference<WorkerState> state;
    private volatile boolean deadlineLookWanted;

    // Used only by the thread of the worker.
    private int troublesInARow;
    private long savedAt;

    /** A worker that has not begun. */
    PartitionProgress(RunnerContext context, long now) {
        this.waiting = context.progress();
        this.counts = new ProjectionCounts(context.nanoTime());
        this.state = new AtomicReference<>(WorkerState.initial(now));
    }

    /** What the worker is doing now, and what it knows. */
    WorkerState state() {
        return Objects.requireNonNull(state.get());
    }

    ProjectionCounts counts() {
        return counts;
    }

    /** Makes a transition; returns the previous state. */
    WorkerState change(UnaryOperator<WorkerState> transition) {
        return Objects.requireNonNull(state.getAndUpdate(transition));
    }

    /** Asks for an early check of the store's clock. */
    void wantDeadlineLook() {
        deadlineLookWanted = true;
    }

    /** Whether an early check is wanted; clears the wish. For the worker's own thread. */
    boolean takeDeadlineLook() {
        boolean wanted = deadlineLookWanted;
        deadlineLookWanted = false;
        return wanted;
    }

    /** Wakes another worker whenever this one has come further: that worker may run as far as this one has come. */
    void wake(Wakeup follower) {
        followers.add(follower);
    }

    /** Wakes the threads that wait for a state, because it may have been reached. */
    void tell() {
        waiting.changed();
    }

    /** The worker has come to a position in the middle of a page. */
    void arrived(GlobalPosition position) {
        if (position.compareTo(state().facts().position()) > 0) {
            change(now -> now.with(now.facts().at(position)));
            tell();
            followers.forEach(Wakeup::wakeUp);
        }
    }

    /** The worker has processed a page, and an earlier trouble is over. For its own thread. */
    void moved(Checkpoint from, Checkpoint to, long at) {
        if (!from.equals(to)) {
            change(now -> now.with(now.facts().at(to.position()).steppedAt(at)));
            goesOn();
            counts.moved(to.position().value() - from.position().value());
            tell();
            followers.forEach(Wakeup::wakeUp);
        }
    }

    /** The worker has made a step, which rests on the log as it was at this time. */
    void stepped(long at) {
        if (at - state().facts().steppedAt() > 0) {
            change(now -> now.with(now.facts().steppedAt(at)));
        }
    }

    /** The worker has made a step: an earlier trouble is over. For the worker's own thread. */
    void goesOn() {
        troublesInARow = 0;
        if (!state().facts().failure().isEmpty()) {
            change(now -> now.with(now.facts().failedWith("")));
        }
    }

    /** Counts a trouble since the last step; 1 for the first. For the worker's own thread. */
    int trouble() {
        troublesInARow++;
        return troublesInARow;
    }

    /** When the worker last saved a checkpoint that no event had moved. For the worker's own thread. */
    long savedAt() {
        return savedAt;
    }

    /** The worker has saved a checkpoint that no event had moved. For the worker's own thread. */
    void saved(long at) {
        savedAt = at;
    }
}
