package io.eventcore.projection;

import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.EventReader;
import io.eventcore.GlobalPosition;
import io.eventcore.StoredEvent;
import io.eventcore.StoredPage;
import io.eventcore.internal.OwnThreads;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The end of the log, read once for all projections of this process that have caught up.
 *
 * <p>Keeps a {@linkplain LogWindow window} of the newest events; each is decoded once, by the first follower that wants
 * it. A follower that is too slow for the window reads for itself until it has caught up again. So memory is bounded,
 * and no projection waits for the slowest. While no projection has caught up, this reads nothing.
 *
 * <p>A restored backup, or a failover that lost commits, may set the log back while the process runs. So each look
 * reads the newest event of the window again, and takes later events only if it is the same. If it is not, and at every
 * failure, the window is dropped. A follower receives events of the window only after such a look that began after the
 * follower joined.
 *
 * <p>Looks at the log when a store in this process has committed, and otherwise at intervals that double from {@code
 * pollMin} to {@code pollMax} while no events arrive.
 */
final class LogTail implements Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(LogTail.class);
    private static final int PAGE = 500;

    private final EventReader reader;
    private final Duration pollMin;
    private final Duration pollMax;
    private final LongSupplier nanoTime;
    private final Wakeup signal = new Wakeup();

    private final ReentrantLock lock = new ReentrantLock();
    /** The followers, each with the number of the last look that had begun when it joined. */
    private final Map<Wakeup, Long> followers = new HashMap<>();

    /** If nothing was read yet, the window begins at the position of the next follower. */
    private final LogWindow window = new LogWindow();

    private long looks;

    /** The number of the last look that has found the newest event of the window in the log. */
    private long confirmed;

    private long confirmedAt;
    private long pause;
    private boolean failing;
    private volatile boolean stopped;
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

    /** Asks for a look: a store has committed, or there is another reason. */
    void look() {
        signal.wakeUp();
    }

    void stop() {
        stopped = true;
        signal.wakeUp();
    }

    /** When the end of the log was last read, by the monotonic clock. */
    long readAt() {
        return readAt;
    }

    /**
     * How often reading has failed, or has shown that the log was set back. After each, every follower checks the log.
     */
    int troubles() {
        return troubles.get();
    }

    /** Makes a follower follow the end of the log from a position on. It is woken when events arrive. */
    void join(Wakeup follower, GlobalPosition position) {
        lock.lock();
        try {
            if (!window.isBegun() || (followers.isEmpty() && !window.covers(position))) {
                window.beginAt(position);
            }
            followers.put(follower, looks);
        } finally {
            lock.unlock();
        }
        signal.wakeUp();
    }

    void leave(Wakeup follower) {
        lock.lock();
        try {
            followers.remove(follower);
        } finally {
            lock.unlock();
        }
    }

    /**
     * The events after a position; empty if the window begins later, or was dropped since the follower joined. Then the
     * caller must read for itself.
     */
    Optional<LogPage> after(Wakeup follower, GlobalPosition position, int limit) {
        lock.lock();
        try {
            Long joinedAt = followers.get(follower);
            if (joinedAt == null || !window.reachesBackTo(position)) {
                return Optional.empty();
            }
            if (position.compareTo(window.end()) >= 0 || confirmed <= joinedAt) {
                return Optional.of(new LogPage(List.of(), position, true));
            }
            return Optional.of(window.after(position, limit));
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void run() {
        while (!stopped) {
            try {
                look(nextLook());
            } catch (Throwable e) {
                fail(e);
                pause = Math.min(pause * 2, pollMax.toNanos());
                signal.pause(pause, () -> !stopped);
            }
        }
    }

    /**
     * One look at the end of the log.
     *
     * @param newest the id of the event at {@code after}; null if it is not known
     * @param again whether to read that event again
     */
    private record Look(
            long number, GlobalPosition after, @Nullable UUID newest, boolean again) {}

    private void look(Optional<Look> next) {
        boolean news = false;
        if (next.isPresent()) {
            Found found = read(next.get());
            news = take(next.get(), found);
            readAt = nanoTime.getAsLong();
            failing = false;
            if (!found.page.endReached()) {
                return;
            }
        }
        pause = news ? pollMin.toNanos() : Math.min(pause * 2, pollMax.toNanos());
        if (signal.await(next.isPresent() ? pause : Long.MAX_VALUE)) {
            pause = pollMin.toNanos();
        }
    }

    /**
     * The result of a look.
     *
     * @param page the events after the newest event of the window
     * @param confirms whether the look has shown that the log was not set back; false if the newest event was not read
     *     again, or if an append in flight keeps the page from showing it
     * @param newest the id of that event; null if it is not known
     * @param newestBytes the size of that event, if the page shows it
     */
    private record Found(
            StoredPage page, boolean confirms, @Nullable UUID newest, long newestBytes) {}

    private Found read(Look look) {
        if (!look.again) {
            return new Found(page(look.after, PAGE), look.after.equals(GlobalPosition.START), null, 0);
        }
        StoredPage page = page(GlobalPosition.of(look.after.value() - 1), PAGE + 1);
        if (page.continueAfter().compareTo(look.after) < 0) {
            return new Found(new StoredPage(List.of(), look.after, page.endReached()), false, null, 0);
        }
        Optional<StoredEvent> newest = page.events().stream()
                .findFirst()
                .filter(event -> event.position().equals(look.after));
        if (look.newest != null && !newest.map(StoredEvent::id).equals(Optional.of(look.newest))) {
            throw new OtherLogException(look.after);
        }
        UUID id = newest.map(StoredEvent::id).orElse(look.newest);
        List<StoredEvent> others =
                page.events().subList(newest.isPresent() ? 1 : 0, page.events().size());
        if (others.isEmpty() && !page.endReached()) {
            // The newest event is so large that the page had no room for another one.
            return new Found(page(look.after, PAGE), true, id, page.bytes());
        }
        return new Found(
                new StoredPage(others, page.continueAfter(), page.endReached()),
                true,
                id,
                others.isEmpty() ? page.bytes() : 0);
    }

    private StoredPage page(GlobalPosition after, int limit) {
        return reader.internals().readStored(EventFilter.all(), EventPage.after(after, limit));
    }

    /** The log no longer holds the event that was read last. */
    private static final class OtherLogException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        OtherLogException(GlobalPosition position) {
            super("The event at position " + position + " is not the one that was read there: the log was set back");
        }
    }

    /** Makes all followers read for themselves, so that each meets its own failure and reports it. */
    private void fail(Throwable failure) {
        Set<Wakeup> wake;
        lock.lock();
        try {
            window.drop();
            wake = Set.copyOf(followers.keySet());
            followers.clear();
            troubles.incrementAndGet();
        } finally {
            lock.unlock();
        }
        if (!failing) {
            failing = true;
            OwnThreads.tell(
                    () -> LOG.warn("The end of the log cannot be read; trying again", OwnThreads.redacted(failure)));
        }
        wake.forEach(Wakeup::wakeUp);
    }

    private Optional<Look> nextLook() {
        lock.lock();
        try {
            return followers.isEmpty()
                    ? Optional.empty()
                    : Optional.of(new Look(
                            ++looks,
                            window.end(),
                            window.newestId().orElse(null),
                            !window.end().equals(GlobalPosition.START) && mustReadAgain()));
        } finally {
            lock.unlock();
        }
    }

    /** A large event is not read again at every look, but as often as a partition checks the log. */
    private boolean mustReadAgain() {
        return !window.isNewestLarge()
                || nanoTime.getAsLong() - confirmedAt > RunnerSettings.VERIFY_EVERY.toNanos()
                || followers.values().stream().anyMatch(joinedAt -> confirmed <= joinedAt);
    }

    private boolean take(Look look, Found found) {
        Set<Wakeup> wake = new HashSet<>();
        boolean news;
        lock.lock();
        try {
            if (!window.isBegun() || !window.end().equals(look.after)) {
                return false;
            }
            if (found.confirms) {
                confirm(look, found, wake);
            }
            news = found.page.continueAfter().compareTo(window.end()) > 0;
            if (news) {
                window.add(found.page);
                wake.addAll(followers.keySet());
            }
        } finally {
            lock.unlock();
        }
        wake.forEach(Wakeup::wakeUp);
        return news;
    }

    /** Followers that have waited for this check may use the window. */
    private void confirm(Look look, Found found, Set<Wakeup> wake) {
        followers.forEach((follower, joinedAt) -> {
            if (confirmed <= joinedAt && joinedAt < look.number) {
                wake.add(follower);
            }
        });
        confirmed = look.number;
        confirmedAt = nanoTime.getAsLong();
        window.newestIs(found.newest, found.newestBytes);
    }
}
