package io.eventcore.projection;

import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.EventReader;
import io.eventcore.GlobalPosition;
import io.eventcore.UndecodedBatch;
import io.eventcore.UndecodedEvent;
import io.eventcore.internal.OwnThreads;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The end of the log, read once for all projections of this process that have caught up.
 *
 * <p>Keeps a window of the newest events; each is decoded once, by the first follower that wants it. Who falls out of it, because it is slower than the others, reads for itself
 * until it has caught up again; so memory is bounded, and nobody waits for the slowest. While nobody has caught up,
 * nothing is read.
 *
 * <p>Looks at the log when somebody in this process has committed, and otherwise at intervals that double from
 * {@code pollMin} to {@code pollMax} as long as nothing comes.
 */
final class LogTail implements Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(LogTail.class);
    private static final int PAGE = 500;
    private static final int WINDOW = 4 * PAGE;

    /** So many bytes the events of the window have in the store at most, the newest page aside. */
    private static final long WINDOW_BYTES = 8L * 1024 * 1024;

    private final EventReader reader;
    private final Duration pollMin;
    private final Duration pollMax;
    private final LongSupplier nanoTime;
    private final Bell signal = new Bell();

    private final ReentrantLock lock = new ReentrantLock();
    private final Set<Bell> followers = new HashSet<>();
    private final List<UndecodedEvent> window = new ArrayList<>();
    private final Deque<Part> parts = new ArrayDeque<>();
    private long windowBytes;

    /** What one page has brought into the window. */
    private record Part(int events, long bytes, GlobalPosition last) {}

    /** The window holds every event after {@code from} up to {@code to}. */
    private GlobalPosition from = GlobalPosition.START;

    private GlobalPosition to = GlobalPosition.START;

    private long pause;
    private volatile boolean stopped;
    private volatile boolean failing;
    private volatile long readAt;
    private final AtomicInteger troubles = new AtomicInteger();

    LogTail(EventReader reader, Duration pollMin, Duration pollMax, LongSupplier nanoTime) {
        this.reader = reader;
        this.pollMin = pollMin;
        this.pollMax = pollMax;
        this.pause = pollMin.toNanos();
        this.nanoTime = nanoTime;
        this.readAt = nanoTime.getAsLong();
    }

    /** Somebody has committed, or something else calls for a look. */
    void look() {
        signal.ring();
    }

    void stop() {
        stopped = true;
        signal.ring();
    }

    /** When the end of the log was last read, by the monotonic clock. */
    long readAt() {
        return readAt;
    }

    /** How often reading has failed: whoever follows checks the log after that. */
    int troubles() {
        return troubles.get();
    }

    /** Follows the end of the log from a position on; the bell rings when something comes. */
    void join(Bell follower, GlobalPosition position) {
        lock.lock();
        try {
            boolean covered = position.compareTo(from) >= 0 && position.compareTo(to) <= 0;
            if (followers.isEmpty() && !covered) {
                restartAt(position);
            }
            followers.add(follower);
        } finally {
            lock.unlock();
        }
        signal.ring();
    }

    void leave(Bell follower) {
        lock.lock();
        try {
            followers.remove(follower);
        } finally {
            lock.unlock();
        }
    }

    /**
     * What came after a position; empty if the window begins later or the log cannot be read here, so that the caller has
     * to read for itself.
     */
    Optional<UndecodedBatch> after(GlobalPosition position, int limit) {
        lock.lock();
        try {
            if (failing || position.compareTo(from) < 0) {
                return Optional.empty();
            }
            if (position.compareTo(to) >= 0) {
                return Optional.of(new UndecodedBatch(List.of(), position, true));
            }
            int first = firstAfter(position);
            int end = Math.min(first + limit, window.size());
            boolean all = end == window.size();
            GlobalPosition continueAfter = all ? to : window.get(end - 1).position();
            return Optional.of(new UndecodedBatch(window.subList(first, end), continueAfter, all));
        } finally {
            lock.unlock();
        }
    }

    private int firstAfter(GlobalPosition position) {
        int low = 0;
        int high = window.size();
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (window.get(middle).position().compareTo(position) <= 0) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    @Override
    public void run() {
        while (!stopped) {
            try {
                look(nextPosition());
            } catch (Throwable e) {
                fail(e);
                pause = Math.min(pause * 2, pollMax.toNanos());
                signal.pause(pause, () -> !stopped);
            }
        }
    }

    private void look(Optional<GlobalPosition> after) {
        boolean news = false;
        if (after.isPresent()) {
            UndecodedBatch page = reader.readUndecoded(EventFilter.all(), EventPage.after(after.get(), PAGE));
            news = take(after.get(), page);
            readAt = nanoTime.getAsLong();
            failing = false;
            if (!page.endReached()) {
                return;
            }
        }
        pause = news ? pollMin.toNanos() : Math.min(pause * 2, pollMax.toNanos());
        if (signal.await(after.isPresent() ? pause : Long.MAX_VALUE)) {
            pause = pollMin.toNanos();
        }
    }

    /** Lets all read for themselves, so that each meets the failure that concerns it, and says so. */
    private void fail(Throwable failure) {
        boolean known = failing;
        failing = true;
        troubles.incrementAndGet();
        if (!known) {
            OwnThreads.tell(
                    () -> LOG.warn("The end of the log cannot be read; trying again", OwnThreads.redacted(failure)));
            followers().forEach(Bell::ring);
        }
    }

    private Set<Bell> followers() {
        lock.lock();
        try {
            return Set.copyOf(followers);
        } finally {
            lock.unlock();
        }
    }

    private Optional<GlobalPosition> nextPosition() {
        lock.lock();
        try {
            return followers.isEmpty() ? Optional.empty() : Optional.of(to);
        } finally {
            lock.unlock();
        }
    }

    private boolean take(GlobalPosition after, UndecodedBatch page) {
        Set<Bell> wake;
        lock.lock();
        try {
            if (!to.equals(after) || page.continueAfter().equals(after)) {
                return false;
            }
            add(page);
            to = page.continueAfter();
            trim();
            wake = Set.copyOf(followers);
        } finally {
            lock.unlock();
        }
        wake.forEach(Bell::ring);
        return true;
    }

    private void add(UndecodedBatch page) {
        if (!page.events().isEmpty()) {
            window.addAll(page.events());
            parts.add(new Part(
                    page.events().size(),
                    page.bytes(),
                    window.get(window.size() - 1).position()));
            windowBytes += page.bytes();
        }
    }

    /** Drops the older half where the window has become too large, by whole pages, and keeps the newest page. */
    private void trim() {
        if (window.size() <= WINDOW && windowBytes <= WINDOW_BYTES) {
            return;
        }
        int drop = 0;
        while (parts.size() > 1 && (window.size() - drop > WINDOW / 2 || windowBytes > WINDOW_BYTES / 2)) {
            Part oldest = parts.remove();
            drop += oldest.events;
            windowBytes -= oldest.bytes;
            from = oldest.last;
        }
        window.subList(0, drop).clear();
    }

    private void restartAt(GlobalPosition position) {
        window.clear();
        parts.clear();
        windowBytes = 0;
        from = position;
        to = position;
    }
}
