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
    private static final int MAX_WAITING = 100;

    private final int afterEvents;
    private final Executor executor;
    private final SnapshotListener listener;

    private SnapshotSettings(int afterEvents, Executor executor, SnapshotListener listener) {
        this.afterEvents = afterEvents;
        this.executor = Objects.requireNonNull(executor, "executor");
        this.listener = Objects.requireNonNull(listener, "listener");
    }

    /**
     * After 100 events, on a background thread of its own that ends when idle; when 100 snapshots are waiting for it,
     * more are dropped.
     */
    public static SnapshotSettings defaults() {
        return new SnapshotSettings(DEFAULT_AFTER_EVENTS, background(), SnapshotListener.none());
    }

    /** After how many folded events a new snapshot is stored. */
    public int afterEvents() {
        return afterEvents;
    }

    /** Writes the snapshots; may refuse, and then a snapshot is dropped. */
    public Executor executor() {
        return executor;
    }

    /** Is told what becomes of the snapshots. */
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

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof SnapshotSettings that
                && afterEvents == that.afterEvents
                && executor.equals(that.executor)
                && listener.equals(that.listener);
    }

    @Override
    public int hashCode() {
        return Objects.hash(afterEvents, executor, listener);
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
