package io.eventcore.projection;

import io.eventcore.EventReader;
import io.eventcore.GlobalPosition;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** One thread's waiting for the active version of a projection to come to a position. */
final class PositionAwait {
    /** How long to wait at a time for a projection that another instance runs. */
    private static final long REMOTE_LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    private final String projection;
    private final GlobalPosition position;
    private final EventReader reader;
    private final ProjectionStore store;
    private final Supplier<@Nullable ProjectionRun> run;

    PositionAwait(
            String projection,
            GlobalPosition position,
            EventReader reader,
            ProjectionStore store,
            Supplier<@Nullable ProjectionRun> run) {
        this.projection = projection;
        this.position = position;
        this.reader = reader;
        this.store = store;
        this.run = run;
    }

    AwaitOutcome await(Turnstile progress, Duration timeout) {
        try {
            long end = System.nanoTime() + timeout.toNanos();
            while (true) {
                long left = end - System.nanoTime();
                long pause = needsStore() ? Math.min(left, REMOTE_LOOK_NANOS) : left;
                boolean decided = progress.awaitUntil(this::isDecided, pause);
                Optional<AwaitOutcome> outcome = decided ? outcome() : askStore();
                if (outcome.isPresent()) {
                    return outcome.get();
                }
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
        return workers.isEmpty() || workers.stream().anyMatch(worker -> !worker.runsHere());
    }

    private boolean isDecided() {
        ProjectionRun running = run.get();
        return running == null || isStopped(running) || isReached(running);
    }

    private boolean isStopped(ProjectionRun running) {
        return workers(running, projection).stream()
                .anyMatch(worker -> isBehind(worker.position()) && isOver(worker.state()));
    }

    private boolean isReached(ProjectionRun running) {
        List<PartitionWorker<?>> workers = workers(running, projection);
        return workers.isEmpty()
                ? !isBehind(running.versions().position(projection))
                : workers.stream().noneMatch(worker -> isBehind(worker.position()));
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

    private Optional<AwaitOutcome> askStore() {
        ProjectionRun running = run.get();
        if (running != null && needsStore()) {
            running.look();
        }
        return outcome();
    }

    private boolean isParked(int version) {
        return !position.equals(GlobalPosition.START)
                && store.parkedStreams(projection).stream()
                        .filter(stream -> stream.partition().version() == version)
                        .anyMatch(stream -> stream.position().compareTo(position) <= 0 && holds(stream));
    }

    private boolean holds(ParkedStream stream) {
        return LogScan.entryAt(reader, position)
                .filter(entry -> entry.streamId().equals(stream.streamId()))
                .isPresent();
    }
}
