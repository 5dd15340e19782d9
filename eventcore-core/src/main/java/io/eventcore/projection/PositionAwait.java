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
 * Waits, for one thread, until the active version of a projection reaches a position.
 *
 * <p>What this instance knows shows when asking is worth it; the store's answer decides. An answer rests on a look at
 * the store that began after the wait. So it misses nothing that another instance did before: no reset, no new number
 * of partitions, no takeover. If the look finds that this instance holds the lease of a partition, the events applied
 * here under the same lease count too, because the checkpoint is not saved at every step.
 */
final class PositionAwait {
    private final String projection;
    private final GlobalPosition position;
    private final EventReader reader;
    private final SharedLastPosition end;
    private final ProjectionStore store;
    private final StoreLooks looks;
    private final Supplier<@Nullable ProjectionRun> run;

    /** The newest look that was evaluated; at first, the newest that had begun before the wait. */
    private long judged;

    /** Whether a look was evaluated since the position seems to be reached here. */
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
                // Most waits end in a moment, so only longer ones ask where the log ends. A wait for a stopped
                // projection asks too: if the log never reached the position, the projection is not to blame.
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

    /** Whether the store may say more than that a partition runs here and is behind. */
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

    /** Whether all partitions seem to run here, and to have reached the position. */
    private boolean isReachedHere(List<PartitionWorker<?>> workers) {
        return workers.stream()
                .map(PartitionWorker::state)
                .allMatch(state -> state.runsHere()
                        && state.reachedHere().filter(here -> !isBehind(here)).isPresent());
    }

    /** Asks the store, unless that is not worth it, or a look began a moment ago; empty if the wait continues. */
    private Optional<AwaitOutcome> ask(ProgressMonitor progress, long deadline) throws InterruptedException {
        if (!isWorthAsking()) {
            refuted = false;
            return Optional.empty();
        }
        ProjectionRun running = run.get();
        boolean seemsReached = running != null && isReachedHere(workers(running));
        // A position that seems to be reached here usually is: confirm that at once.
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
        // Without an active version, there is no read model: the partitions of version 0 are those of side effects.
        List<PartitionState> parts = version == ProjectionPartition.SIDE_EFFECTS ? List.of() : look.of(version);
        List<PartitionState> behind =
                parts.stream().filter(part -> isBehind(reached(running, part))).toList();
        if (!parts.isEmpty() && behind.isEmpty()) {
            // Another version may have become active since, and may be behind: then the wait continues.
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
     * Whether no instance has taken a lease since. A reset takes all leases and releases the parked streams, so that
     * the events that waited when the positions were read would no longer be found.
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

    /** Whether a partition is paused; or no instance runs it or is about to, and this one will not. */
    private static boolean isStopped(@Nullable ProjectionRun running, StoreLook look, PartitionState part) {
        return part.paused()
                || (part.free() && (running == null || !running.takesOn(part)) && look.isUnattended(part.partition()));
    }

    /**
     * Whether the event at the position waits. Usually no stream is parked there, and one short statement shows that.
     */
    private boolean isParked(int version) {
        return !position.equals(GlobalPosition.START)
                && store.hasParkedStreams(projection, version, position)
                && LogScan.eventAt(reader, position)
                        .flatMap(event -> store.parkedStream(projection, version, event.streamId()))
                        .filter(stream -> stream.position().compareTo(position) <= 0)
                        .isPresent();
    }
}
