package io.eventcore.projection;

import io.eventcore.GlobalPosition;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * How projections are getting on that other instances run. All who wait for a projection share one look at the store at
 * a time: one statement that reads the partitions of that projection, at most every {@link #LOOK_EVERY}, however many
 * wait. Takes no lock that others need. Safe for any number of threads.
 */
final class RemoteProgress {
    static final Duration LOOK_EVERY = Duration.ofMillis(20);

    /** What was seen longer ago is not used: the projection may have been reset since. */
    private static final long GOOD_NANOS = Duration.ofSeconds(1).toNanos();

    private final ProjectionStore store;
    private final ActiveVersions versions;
    private final ProgressMonitor progress;
    private final LongSupplier nanoTime;
    private final Map<String, Watched> watched = new ConcurrentHashMap<>();

    /** A projection that callers wait for. */
    private static final class Watched {
        private final ReentrantLock looking = new ReentrantLock();
        private volatile @Nullable Seen seen;
    }

    private record Seen(long lookedAt, List<PartitionState> states) {}

    RemoteProgress(ProjectionStore store, ActiveVersions versions, ProgressMonitor progress, LongSupplier nanoTime) {
        this.store = store;
        this.versions = versions;
        this.progress = progress;
        this.nanoTime = nanoTime;
    }

    /** Looks, unless another thread does so, or has done so a moment ago; tells all who wait. */
    void look(String projection) {
        Watched mine = watched.computeIfAbsent(projection, name -> new Watched());
        if (isSeenWithin(mine, LOOK_EVERY.toNanos()) || !mine.looking.tryLock()) {
            return;
        }
        try {
            if (isSeenWithin(mine, LOOK_EVERY.toNanos())) {
                return;
            }
            long now = nanoTime.getAsLong();
            List<PartitionState> states = store.partitions(projection);
            mine.seen = new Seen(now, states);
            versions.observe(states);
        } finally {
            mine.looking.unlock();
        }
        progress.changed();
    }

    private boolean isSeenWithin(Watched one, long nanos) {
        Seen last = one.seen;
        return last != null && nanoTime.getAsLong() - last.lookedAt() < nanos;
    }

    /** What was seen of a partition; empty if that is too long ago. */
    Optional<PartitionState> state(ProjectionPartition partition) {
        return states(partition.projection()).stream()
                .filter(state -> state.partition().equals(partition))
                .findFirst();
    }

    /** How far a version was seen to have come. */
    GlobalPosition position(String projection, int version) {
        return ActiveVersions.position(states(projection), version);
    }

    private List<PartitionState> states(String projection) {
        Watched one = watched.get(projection);
        Seen last = one == null ? null : one.seen;
        return last == null || nanoTime.getAsLong() - last.lookedAt() > GOOD_NANOS ? List.of() : last.states();
    }
}
