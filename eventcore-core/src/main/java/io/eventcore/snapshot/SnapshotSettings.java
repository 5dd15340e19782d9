package io.eventcore.snapshot;

import io.eventcore.internal.OwnThreads;
import java.util.Objects;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * When and how snapshots are stored.
 *
 * <p>Immutable.
 *
 * @param afterEvents after how many folded events a new snapshot is stored; 1 or more
 * @param executor writes them; may refuse, and then a snapshot is dropped
 * @param listener is told what becomes of them
 * @since 0.1
 */
public record SnapshotSettings(int afterEvents, Executor executor, SnapshotListener listener) {
    private static final int DEFAULT_AFTER_EVENTS = 100;
    private static final int MAX_WAITING = 100;

    /**
     * Checks the settings.
     *
     * @throws IllegalArgumentException if {@code afterEvents} is less than 1
     */
    public SnapshotSettings {
        if (afterEvents < 1) {
            throw new IllegalArgumentException("afterEvents must be at least 1, is " + afterEvents);
        }
        Objects.requireNonNull(executor, "executor");
        Objects.requireNonNull(listener, "listener");
    }

    /**
     * After 100 events, on a background thread of its own that ends when idle; when 100 snapshots are waiting for it,
     * more are dropped.
     */
    public static SnapshotSettings defaults() {
        return new SnapshotSettings(DEFAULT_AFTER_EVENTS, background(), SnapshotListener.none());
    }

    /** These settings with another number of events. */
    public SnapshotSettings withAfterEvents(int events) {
        return new SnapshotSettings(events, executor, listener);
    }

    /** These settings with another executor. */
    public SnapshotSettings withExecutor(Executor replacement) {
        return new SnapshotSettings(afterEvents, replacement, listener);
    }

    /** These settings with another listener. */
    public SnapshotSettings withListener(SnapshotListener replacement) {
        return new SnapshotSettings(afterEvents, executor, replacement);
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
