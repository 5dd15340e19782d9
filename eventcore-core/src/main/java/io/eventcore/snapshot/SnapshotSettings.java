package io.eventcore.snapshot;

import io.eventcore.internal.OwnThreads;
import java.util.Objects;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * When and how snapshots are stored.
 *
 * <p>Immutable.
 *
 * @since 0.1
 */
public final class SnapshotSettings {
    private static final int DEFAULT_AFTER_EVENTS = 100;
    private static final int DEFAULT_MAX_UNUSED = 10_000;
    private static final int MAX_WAITING = 100;

    private final int afterEvents;
    private final int maxUnused;
    private final Executor executor;
    private final SnapshotListener listener;

    private SnapshotSettings(int afterEvents, int maxUnused, Executor executor, SnapshotListener listener) {
        this.afterEvents = afterEvents;
        this.maxUnused = maxUnused;
        this.executor = Objects.requireNonNull(executor, "executor");
        this.listener = Objects.requireNonNull(listener, "listener");
    }

    /**
     * A snapshot after 100 events, stored by a background thread that ends when idle; if 100 snapshots are waiting for
     * it, further ones are dropped. A class stores no more after 10,000 unused snapshots in a row.
     */
    public static SnapshotSettings defaults() {
        return new SnapshotSettings(DEFAULT_AFTER_EVENTS, DEFAULT_MAX_UNUSED, background(), SnapshotListener.none());
    }

    /** The number of folded events after which a new snapshot is stored. */
    public int afterEvents() {
        return afterEvents;
    }

    /**
     * The number of snapshots of one command class, stored in a row without one being used, after which an executor
     * stores no more until it uses one. It logs that once.
     */
    public int maxUnused() {
        return maxUnused;
    }

    /** Writes the snapshots; if it refuses, the snapshot is dropped. */
    public Executor executor() {
        return executor;
    }

    /** Hears of the outcomes of snapshots. */
    public SnapshotListener listener() {
        return listener;
    }

    /**
     * These settings with another number of events.
     *
     * @throws IllegalArgumentException if it is less than 1
     */
    public SnapshotSettings withAfterEvents(int events) {
        if (events < 1) {
            throw new IllegalArgumentException("afterEvents must be at least 1, is " + events);
        }
        return new SnapshotSettings(events, maxUnused, executor, listener);
    }

    /**
     * These settings with another number of snapshots that may be stored in a row without one being used.
     *
     * @param snapshots the number; {@link Integer#MAX_VALUE} for no limit
     * @throws IllegalArgumentException if it is less than 1
     */
    public SnapshotSettings withMaxUnused(int snapshots) {
        if (snapshots < 1) {
            throw new IllegalArgumentException("maxUnused must be at least 1, is " + snapshots);
        }
        return new SnapshotSettings(afterEvents, snapshots, executor, listener);
    }

    /** These settings with another executor. */
    public SnapshotSettings withExecutor(Executor replacement) {
        return new SnapshotSettings(afterEvents, maxUnused, replacement, listener);
    }

    /** These settings with another listener. */
    public SnapshotSettings withListener(SnapshotListener replacement) {
        return new SnapshotSettings(afterEvents, maxUnused, executor, replacement);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof SnapshotSettings that
                && afterEvents == that.afterEvents
                && maxUnused == that.maxUnused
                && executor.equals(that.executor)
                && listener.equals(that.listener);
    }

    @Override
    public int hashCode() {
        return Objects.hash(afterEvents, maxUnused, executor, listener);
    }

    @Override
    public String toString() {
        return "snapshots after %d events".formatted(afterEvents);
    }

    private static Executor background() {
        ThreadPoolExecutor executor = new ThreadPoolExecutor(
                1,
                1,
                10,
                TimeUnit.SECONDS,
                new ArrayBlockingQueue<>(MAX_WAITING),
                OwnThreads.daemon("eventcore-snapshots"));
        executor.allowCoreThreadTimeOut(true);
        return executor;
    }
}
