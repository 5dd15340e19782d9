package io.eventcore.projection;

import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** What a partition has done since this process began to run it. Written by one thread, read by any. */
final class ProjectionCounts {
    /** Rates are averages over about this many nanoseconds. */
    private static final double HORIZON = 10e9;

    private final LongSupplier nanoTime;
    private final LongAdder applied = new LongAdder();
    private final LongAdder skipped = new LongAdder();
    private final LongAdder failures = new LongAdder();
    private final LongAdder executedDeadlines = new LongAdder();
    private volatile String lastFailure = "";
    private volatile boolean failing;
    private volatile @Nullable Instant oldestWaiting;

    private volatile long committedAt;
    private long lastMoved;
    private double perSecond;

    ProjectionCounts(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
        this.lastMoved = nanoTime.getAsLong();
        this.committedAt = lastMoved;
    }

    /** Records a commit: an event was applied, skipped or parked. */
    void committed() {
        committedAt = nanoTime.getAsLong();
    }

    /** When the last commit was, on the monotonic clock. */
    long committedAt() {
        return committedAt;
    }

    void applied(int events) {
        applied.add(events);
    }

    void skipped() {
        skipped.increment();
    }

    void executedDeadline() {
        executedDeadlines.increment();
    }

    void failed(String failure) {
        failures.increment();
        lastFailure = failure;
        failing = true;
    }

    void recovered() {
        failing = false;
    }

    /** Another instance continues with the events that waited here. */
    void standsBy() {
        failing = false;
        oldestWaiting = null;
    }

    /** The partition has processed this many more positions of the log. */
    synchronized void moved(long positions) {
        long now = nanoTime.getAsLong();
        double elapsed = Math.max(1, now - lastMoved);
        double weight = 1 - Math.exp(-elapsed / HORIZON);
        perSecond += weight * (positions * 1e9 / elapsed - perSecond);
        lastMoved = now;
    }

    /** Sets when the oldest waiting event was recorded; null if no event waits. */
    void waitingSince(@Nullable Instant recordedAt) {
        oldestWaiting = recordedAt;
    }

    Optional<Instant> oldestWaiting() {
        return Optional.ofNullable(oldestWaiting);
    }

    long applied() {
        return applied.sum();
    }

    long skippedEvents() {
        return skipped.sum();
    }

    long failures() {
        return failures.sum();
    }

    long executedDeadlines() {
        return executedDeadlines.sum();
    }

    String lastFailure() {
        return lastFailure;
    }

    boolean isFailing() {
        return failing;
    }

    /**
     * How many positions of the log the partition processes in a second, on average over about the last ten seconds.
     */
    synchronized double positionsPerSecond() {
        double idle = nanoTime.getAsLong() - lastMoved;
        return perSecond * Math.exp(-idle / HORIZON);
    }
}
