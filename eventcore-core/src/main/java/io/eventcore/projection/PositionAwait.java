package io.eventcore.projection;

import io.eventcore.EventReader;
import io.eventcore.GlobalPosition;
import io.eventcore.internal.Nanos;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One thread's waiting for the active version of a projection to come to a position.
 *
 * <p>What this instance knows says when it is worth asking; what the store says decides. An answer rests on a look at the
 * store that began after the waiting did, so nothing that another instance did before is missed: no reset, no division
 * anew, no take-over. For a partition that the look finds lent to this instance, what that has applied under the same
 * lease counts too, because the checkpoint is not saved at every step.
 */
final class PositionAwait {
    private final String projection;
    private final GlobalPosition position;
    private final EventReader reader;
    private final SharedLastPosition end;
    private final ProjectionStore store;
    private final StoreLooks looks;
    private final Supplier<@Nullable ProjectionRun> run;

    /** The newest look that was judged by; at first, the newest that had begun before the waiting did. */
    private long judged;

    /** Whether a look was judged by since the position seems to be reached here. */
    private boolean refuted;

    PositionAwait(
            String projection,
            GlobalPosition position,
            EventReader reader,
            SharedLastPosition end,
            ProjectionStore store,
            StoreLooks looks,
            Supplier<@Nullable ProjectionRun> run) {
        this.projection = projection;
        this.position = position;
        this.reader = reader;
        this.end = end;
        this.store = store;
        this.looks = looks;
        this.run = run;
        this.judged = looks.begun();
    }

    AwaitOutcome await(ProgressMonitor progress, Duration timeout) {
        try {
            long deadline = System.nanoTime() + Nanos.of(timeout);
            long look = StoreLooks.LOOK_EVERY.toNanos();
            boolean exists = false;
            boolean waited = false;
            while (true) {
                Optional<AwaitOutcome> outcome = ask(progress, deadline);
                long left = deadline - System.nanoTime();
                // Most are there in a moment, so only those that wait longer ask where the log ends. Of a projection
                // that has stopped no position is awaited, but one that the log never reached is no fault of its own.
                boolean asksForEnd = outcome.map(AwaitOutcome.STOPPED::equals).orElse(waited || left <= 0);
                if (!exists && asksForEnd) {
                    if (end.isBefore(position)) {
                        return AwaitOutcome.BEYOND_LOG;
                    }
                    exists = true;
                }
                if (outcome.isPresent()) {
                    return outcome.get();
                }
                if (left <= 0) {
                    return AwaitOutcome.TIMED_OUT;
                }
                if (isWorthAsking()) {
                    progress.awaitUntil(() -> looks.newest(projection).number() > judged, Math.min(left, look));
                } else {
                    progress.awaitUntil(this::isWorthAsking, exists ? left : Math.min(left, look));
                }
                waited = true;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return AwaitOutcome.TIMED_OUT;
        }
    }

    /** Whether the store may say more than that some part is run here and is behind. */
    private boolean isWorthAsking() {
        ProjectionRun running = run.get();
        if (running == null) {
            return true;
        }
        List<PartitionWorker<?>> workers = workers(running);
        return isReachedHere(workers)
                || workers.stream().anyMatch(worker -> !worker.state().runsHere());
    }

    private List<PartitionWorker<?>> workers(ProjectionRun running) {
        return running.workersOf(projection, running.versions().of(projection));
    }

    /** Whether all parts seem to run here, and to have come to the position. */
    private boolean isReachedHere(List<PartitionWorker<?>> workers) {
        return workers.stream()
                .map(PartitionWorker::state)
                .allMatch(state -> state.runsHere()
                        && state.reachedHere().filter(here -> !isBehind(here)).isPresent());
    }

    /** Asks the store, unless that is not worth it, or was done a moment ago; empty if the waiting goes on. */
    private Optional<AwaitOutcome> ask(ProgressMonitor progress, long deadline) throws InterruptedException {
        if (!isWorthAsking()) {
            refuted = false;
            return Optional.empty();
        }
        ProjectionRun running = run.get();
        boolean seemsReached = running != null && isReachedHere(workers(running));
        // What seems to be reached here most often is: that is confirmed at once.
        Duration apart = seemsReached && !refuted ? Duration.ZERO : StoreLooks.LOOK_EVERY;
        boolean looked = looks.look(projection, judged, apart, deadline - System.nanoTime());
        StoreLook look = looks.newest(projection);
        if (look.number() <= judged) {
            return Optional.empty();
        }
        judged = look.number();
        refuted = seemsReached;
        if (running != null) {
            running.observe(projection, look);
        }
        if (looked) {
            progress.changed();
        }
        return judge(running, look, deadline);
    }

    private Optional<AwaitOutcome> judge(@Nullable ProjectionRun running, StoreLook look, long deadline)
            throws InterruptedException {
        int version = running == null ? look.active() : running.versions().of(projection);
        // Without an active version there is no read model: what has that number are side effects.
        List<PartitionState> parts = version == ProjectionPartition.SIDE_EFFECTS ? List.of() : look.of(version);
        List<PartitionState> behind =
                parts.stream().filter(part -> isBehind(reached(running, part))).toList();
        if (!parts.isEmpty() && behind.isEmpty()) {
            // Another version may have become active since, and may be behind: then the waiting goes on.
            if (running != null && !running.versions().promise(projection, version, position)) {
                return Optional.empty();
            }
            if (isParked(version)) {
                return Optional.of(AwaitOutcome.PARKED);
            }
            return isStillUnder(look.tokens(version), version, deadline)
                    ? Optional.of(AwaitOutcome.REACHED)
                    : Optional.empty();
        }
        boolean stopped =
                parts.isEmpty() ? running == null : behind.stream().anyMatch(part -> isStopped(running, look, part));
        return stopped ? Optional.of(AwaitOutcome.STOPPED) : Optional.empty();
    }

    /**
     * Whether no lease was taken since: a reset takes all of them and releases what is parked, so that of what has waited
     * when the positions were looked at, nothing is found afterwards.
     */
    private boolean isStillUnder(Map<ProjectionPartition, Long> tokens, int version, long deadline)
            throws InterruptedException {
        long before = looks.begun();
        looks.look(projection, before, Duration.ZERO, deadline - System.nanoTime());
        StoreLook again = looks.newest(projection);
        return again.number() > before && again.tokens(version).equals(tokens);
    }

    private static GlobalPosition reached(@Nullable ProjectionRun running, PartitionState part) {
        GlobalPosition saved = part.checkpoint().position();
        if (running == null) {
            return saved;
        }
        return running.workersOf(part.partition().projection(), part.partition().version()).stream()
                .filter(worker -> worker.isOf(part))
                .map(PartitionWorker::state)
                .filter(state -> state.currentLease().filter(part::isHeldBy).isPresent())
                .flatMap(state -> state.reachedHere().stream())
                .filter(here -> here.compareTo(saved) > 0)
                .findFirst()
                .orElse(saved);
    }

    private boolean isBehind(GlobalPosition reached) {
        return reached.compareTo(position) < 0;
    }

    /** Whether a part is paused, or is run by no instance, is about to be by none, and is not to be by this one. */
    private static boolean isStopped(@Nullable ProjectionRun running, StoreLook look, PartitionState part) {
        return part.paused()
                || (part.free() && (running == null || !running.takesOn(part)) && look.isUnattended(part.partition()));
    }

    /** Whether the event at the position waits. Most often no stream is parked there, which is one short statement. */
    private boolean isParked(int version) {
        return !position.equals(GlobalPosition.START)
                && store.hasParkedStreams(projection, version, position)
                && LogScan.eventAt(reader, position)
                        .flatMap(event -> store.parkedStream(projection, version, event.streamId()))
                        .filter(stream -> stream.position().compareTo(position) <= 0)
                        .isPresent();
    }
}
