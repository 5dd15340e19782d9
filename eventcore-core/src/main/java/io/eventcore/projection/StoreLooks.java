package io.eventcore.projection;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;

/**
 * Asks the store about projections, and keeps the newest look at each. Threads that ask about one projection at the
 * same time share a statement. Looks are numbered by their beginnings, so that a late answer never replaces a newer
 * one. Takes no lock that other work needs. Safe for any number of threads.
 */
final class StoreLooks {
    /** Threads that wait for another instance check together, and no more often than this. */
    static final Duration LOOK_EVERY = Duration.ofMillis(20);

    private final ProjectionStore store;
    private final LongSupplier nanoTime;
    private final AtomicLong begun = new AtomicLong();
    private final Map<String, Watched> watched = new ConcurrentHashMap<>();

    /** A projection that was looked at. */
    private static final class Watched {
        private final ReentrantLock looking = new ReentrantLock();
        private final AtomicReference<StoreLook> newest = new AtomicReference<>(new StoreLook(0, 0, List.of()));

        StoreLook newest() {
            return Objects.requireNonNull(newest.get());
        }

        void take(StoreLook look) {
            newest.accumulateAndGet(look, (old, other) -> other.number() > old.number() ? other.after(old) : old);
        }
    }

    StoreLooks(ProjectionStore store, LongSupplier nanoTime) {
        this.store = store;
        this.nanoTime = nanoTime;
    }

    /** How many looks have begun: one with a greater number knows everything that was done before this call. */
    long begun() {
        return begun.get();
    }

    /** The newest look at a projection; one with number 0 and no partitions if there was none. */
    StoreLook newest(String projection) {
        return watched(projection).newest();
    }

    /** Looks at all projections, by one statement. */
    Map<String, StoreLook> lookAtAll() {
        long number = begun.incrementAndGet();
        long now = nanoTime.getAsLong();
        Map<String, List<PartitionState>> states = store.partitions().stream()
                .collect(Collectors.groupingBy(state -> state.partition().projection()));
        // A projection that was removed has no partitions.
        watched.keySet().forEach(projection -> states.putIfAbsent(projection, List.of()));
        Map<String, StoreLook> looks = new HashMap<>();
        states.forEach((projection, of) -> looks.put(projection, new StoreLook(number, now, of)));
        looks.forEach((projection, look) -> watched(projection).take(look));
        return looks;
    }

    /**
     * Makes sure that the newest look at a projection began after another one, unless a look began a moment ago, or
     * another thread is looking for too long.
     *
     * @param after the number of the other look
     * @param apart how long ago a look must have begun for this call to look again
     * @param nanos how long to wait for another thread that looks
     * @return whether this call has looked
     * @throws InterruptedException if the thread is interrupted while it waits for another one
     */
    boolean look(String projection, long after, Duration apart, long nanos) throws InterruptedException {
        Watched mine = watched(projection);
        if (!isDue(mine, after, apart) || !mine.looking.tryLock(Math.max(0, nanos), TimeUnit.NANOSECONDS)) {
            return false;
        }
        try {
            if (!isDue(mine, after, apart)) {
                return false;
            }
            long number = begun.incrementAndGet();
            long now = nanoTime.getAsLong();
            mine.take(new StoreLook(number, now, store.partitions(projection)));
            return true;
        } finally {
            mine.looking.unlock();
        }
    }

    private boolean isDue(Watched one, long after, Duration apart) {
        StoreLook last = one.newest();
        return last.number() <= after
                && (last.number() == 0 || nanoTime.getAsLong() - last.begunAt() >= apart.toNanos());
    }

    private Watched watched(String projection) {
        return watched.computeIfAbsent(projection, name -> new Watched());
    }
}
