package io.eventcore.projection;

import io.eventcore.EventReader;
import io.eventcore.GlobalPosition;
import io.eventcore.internal.Nanos;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** One thread's waiting for the active version of a projection to come to a position. */
final class PositionAwait {
    private final String projection;
    private final GlobalPosition position;
    private final EventReader reader;
    private final SharedLastPosition end;
    private final ProjectionStore store;
    private final Supplier<@Nullable ProjectionRun> run;

    PositionAwait(
            String projection,
            GlobalPosition position,
            EventReader reader,
            SharedLastPosition end,
            ProjectionStore store,
            Supplier<@Nullable ProjectionRun> run) {
        this.projection = projection;
        this.position = position;
        this.reader = reader;
        this.end = end;
        this.store = store;
        this.run = run;
    }

    AwaitOutcome await(ProgressMonitor progress, Duration timeout) {
        try {
            long deadline = System.nanoTime() + Nanos.of(timeout);
            long look = RemoteProgress.LOOK_EVERY.toNanos();
            boolean exists = false;
            while (true) {
                long left = deadline - System.nanoTime();
                // Most are there in a moment, so the first wait is short: only who waits longer asks where the log
                // ends.
                long pause = exists && !needsStore() ? left : Math.min(left, look);
                if (!progress.awaitUntil(this::isDecided, pause)) {
                    askStore();
                }
                Optional<AwaitOutcome> outcome = outcome();
                // Of a projection that has stopped no position is awaited, but one that the log never reached is no
                // fault of
                // its own.
                boolean asksForEnd = outcome.isEmpty() || (outcome.get() == AwaitOutcome.STOPPED && run.get() != null);
                if (!exists && asksForEnd && end.isBefore(position)) {
                    return AwaitOutcome.BEYOND_LOG;
                }
                if (outcome.isPresent()) {
                    return outcome.get();
                }
                exists = true;
                if (left <= 0) {
                    return AwaitOutcome.TIMED_OUT;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return AwaitOutcome.TIMED_OUT;
        }
    }

    private static List<PartitionWorker<?>> workers(ProjectionRun running, String projection) {
        return running.workersOf(projection, running.versions().of(projection));
    }

    /** Whether some part is run by another instance, whose progress only the store knows. */
    private boolean needsStore() {
        ProjectionRun running = run.get();
        if (running == null) {
            return false;
        }
        List<PartitionWorker<?>> workers = workers(running, projection);
        return workers.isEmpty()
                || workers.stream().anyMatch(worker -> !worker.state().runsHere());
    }

    private boolean isDecided() {
        ProjectionRun running = run.get();
        return running == null || isStopped(running) || isReached(running);
    }

    private boolean isStopped(ProjectionRun running) {
        return workers(running, projection).stream().anyMatch(worker -> isStopped(running, worker, worker.state()));
    }

    private boolean isStopped(ProjectionRun running, PartitionWorker<?> worker, WorkerState state) {
        return isBehind(reached(running, worker, state))
                && (isOver(worker.shown(state)) || isPausedElsewhere(running, worker, state));
    }

    private static boolean isPausedElsewhere(ProjectionRun running, PartitionWorker<?> worker, WorkerState state) {
        return !state.runsHere()
                && running.remote()
                        .state(worker.partition())
                        .map(PartitionState::paused)
                        .orElse(false);
    }

    private boolean isReached(ProjectionRun running) {
        List<PartitionWorker<?>> workers = workers(running, projection);
        if (workers.isEmpty()) {
            int version = running.versions().of(projection);
            return !isBehind(furthest(
                    running.versions().position(projection), running.remote().position(projection, version)));
        }
        return workers.stream().noneMatch(worker -> isBehind(reached(running, worker, worker.state())));
    }

    /** How far a part has come; what another instance runs, as the store was last seen. */
    private static GlobalPosition reached(ProjectionRun running, PartitionWorker<?> worker, WorkerState state) {
        GlobalPosition here = state.facts().position();
        if (state.runsHere()) {
            return here;
        }
        GlobalPosition elsewhere = running.remote()
                .state(worker.partition())
                .map(seen -> seen.checkpoint().position())
                .orElse(GlobalPosition.START);
        return furthest(here, elsewhere);
    }

    private static GlobalPosition furthest(GlobalPosition one, GlobalPosition other) {
        return one.compareTo(other) > 0 ? one : other;
    }

    private boolean isBehind(GlobalPosition reached) {
        return reached.compareTo(position) < 0;
    }

    private static boolean isOver(ProjectionState state) {
        return state == ProjectionState.FAILED || state == ProjectionState.PAUSED || state == ProjectionState.STOPPED;
    }

    private Optional<AwaitOutcome> outcome() {
        ProjectionRun running = run.get();
        if (running == null) {
            return Optional.of(AwaitOutcome.STOPPED);
        }
        int version = running.versions().of(projection);
        if (isReached(running)) {
            // Another version may have become active since, and may be behind: then the waiting goes on.
            return running.versions().promise(projection, version, position)
                    ? Optional.of(isParked(version) ? AwaitOutcome.PARKED : AwaitOutcome.REACHED)
                    : Optional.empty();
        }
        return isStopped(running) ? Optional.of(AwaitOutcome.STOPPED) : Optional.empty();
    }

    private void askStore() {
        ProjectionRun running = run.get();
        if (running != null && needsStore()) {
            running.remote().look(projection);
        }
    }

    /** Whether the event at the position waits. Most often no stream is parked there, which is one short statement. */
    private boolean isParked(int version) {
        return !position.equals(GlobalPosition.START)
                && store.hasParkedStreams(projection, version, position)
                && LogScan.entryAt(reader, position)
                        .flatMap(entry -> store.parkedStream(projection, version, entry.streamId()))
                        .filter(stream -> stream.position().compareTo(position) <= 0)
                        .isPresent();
    }
}
