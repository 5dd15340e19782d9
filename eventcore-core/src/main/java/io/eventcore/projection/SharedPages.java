package io.eventcore.projection;

import io.eventcore.EventFilter;
import io.eventcore.GlobalPosition;
import io.eventcore.internal.SharedEvent;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Lets workers that catch up at about the same place read the log once: the partitions of a projection, and projections
 * that want the same events. The first worker reads a page, the others take it from here, and each event is decoded
 * once.
 *
 * <p>A page is kept for a second at most, and only while several workers want the same. A worker takes no page that was
 * read before its last check that the log was not set back. The end of the log is not kept: a worker that has come
 * there reads it again. Bounded in bytes; a worker that is too slow for that reads for itself.
 *
 * <p>No worker waits long for the read of another one, whose connection may hang. Safe for any number of threads.
 */
final class SharedPages {
    /** Upper limit for the bytes that the kept events have in the store, without the newest page. */
    private static final long BYTES = 8L * 1024 * 1024;

    private static final long KEPT_NANOS = Duration.ofSeconds(1).toNanos();
    private static final long PATIENCE_NANOS = Duration.ofSeconds(1).toNanos();

    private final LongSupplier nanoTime;
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<Wanted, Scan> scans = new HashMap<>();

    SharedPages(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    /** What to read: equal for workers that can share it. */
    private record Wanted(EventFilter filter, Instant since) {
        static Wanted by(LogScan scan) {
            return new Wanted(scan.filter(), scan.since());
        }
    }

    /** The pages of workers that want the same; guarded by the lock, except for what the reading thread does. */
    private static final class Scan {
        private final ReentrantLock reading = new ReentrantLock();
        private final Deque<Kept> pages = new ArrayDeque<>();
        private int users;
        private long bytes;

        /** Whether the thread that reads takes too long. */
        private volatile boolean slow;

        boolean isShared() {
            return users > 1;
        }

        /** A worker leaves. No other worker will take the pages that the last remaining one has read. */
        void leave() {
            users--;
            if (!isShared()) {
                pages.clear();
                bytes = 0;
            }
        }

        void keep(Kept page) {
            pages.add(page);
            bytes += page.bytes;
            while (pages.size() > 1 && bytes > BYTES) {
                bytes -= pages.remove().bytes;
            }
        }

        void dropBefore(long time) {
            for (Iterator<Kept> kept = pages.iterator(); kept.hasNext(); ) {
                Kept page = kept.next();
                if (page.readAt - time < 0) {
                    kept.remove();
                    bytes -= page.bytes;
                }
            }
        }
    }

    private record Kept(GlobalPosition after, LogPage page, long readAt, long bytes) {
        boolean holdsWhatFollows(GlobalPosition position) {
            return position.compareTo(after) >= 0 && position.compareTo(page.continueAfter()) < 0;
        }
    }

    /** A worker begins to read the same as this scan. At its end, it {@linkplain #leave leaves}. */
    void join(LogScan scan) {
        lock.lock();
        try {
            scans.computeIfAbsent(Wanted.by(scan), wanted -> new Scan()).users++;
        } finally {
            lock.unlock();
        }
    }

    void leave(LogScan scan) {
        lock.lock();
        try {
            scans.computeIfPresent(Wanted.by(scan), (wanted, shared) -> {
                shared.leave();
                return shared.users == 0 ? null : shared;
            });
        } finally {
            lock.unlock();
        }
    }

    /**
     * The next page for a worker that has joined.
     *
     * @param since no page is taken that was read before this time of the monotonic clock
     */
    LogPage read(LogScan scan, GlobalPosition after, int limit, long since) {
        Scan shared = wantedByOthers(scan);
        if (shared == null) {
            return scan.read(after, limit);
        }
        Optional<LogPage> kept = kept(shared, after, since);
        if (kept.isPresent()) {
            return kept.get();
        }
        if (!mayRead(shared)) {
            return scan.read(after, limit);
        }
        try {
            Optional<LogPage> readMeanwhile = kept(shared, after, since);
            return readMeanwhile.isPresent() ? readMeanwhile.get() : readAndKeep(scan, shared, after, limit);
        } finally {
            shared.slow = false;
            shared.reading.unlock();
        }
    }

    private @Nullable Scan wantedByOthers(LogScan scan) {
        lock.lock();
        try {
            Scan shared = scans.get(Wanted.by(scan));
            return shared == null || !shared.isShared() ? null : shared;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Whether this thread reads for all workers; false if another thread does so and takes too long. An interruption is
     * kept for later.
     */
    private static boolean mayRead(Scan shared) {
        try {
            if (shared.reading.tryLock(shared.slow ? 0 : PATIENCE_NANOS, TimeUnit.NANOSECONDS)) {
                return true;
            }
            shared.slow = true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return false;
    }

    private LogPage readAndKeep(LogScan scan, Scan shared, GlobalPosition after, int limit) {
        // Take the time before the read: a check that begins meanwhile may find that the log was set back.
        long readAt = nanoTime.getAsLong();
        LogPage page = scan.read(after, limit);
        if (!page.endReached()) {
            long bytes = 0;
            for (SharedEvent event : page.events()) {
                bytes += event.stored().bytes();
            }
            Kept kept = new Kept(after, page, readAt, bytes);
            lock.lock();
            try {
                shared.dropBefore(readAt - KEPT_NANOS);
                if (shared.isShared()) {
                    shared.keep(kept);
                }
            } finally {
                lock.unlock();
            }
        }
        return page;
    }

    private Optional<LogPage> kept(Scan shared, GlobalPosition after, long since) {
        lock.lock();
        try {
            shared.dropBefore(nanoTime.getAsLong() - KEPT_NANOS);
            for (Kept kept : shared.pages) {
                if (kept.holdsWhatFollows(after) && kept.readAt - since >= 0) {
                    return Optional.of(kept.page.after(after));
                }
            }
            return Optional.empty();
        } finally {
            lock.unlock();
        }
    }
}
