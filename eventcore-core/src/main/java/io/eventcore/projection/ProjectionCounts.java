package io.eventcore.projection;

import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** What a partition has done since this process runs it. Written by one thread, read by any. */
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

    /** Something was committed: an event was applied, skipped or parked. */
    void committed() {
        committedAt = nanoTime.getAsLong();
    }

    /** When something was last committed, on the monotonic clock. */
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

    /** Another one goes on with what waited here. */
    void standsBy() {
        failing = false;
        oldestWaiting = null;
    }

    /** The log was dealt with up to a later position, so many positions further. */
    synchronized void moved(long positions) {
        long now = nanoTime.getAsLong();
        double elapsed = Math.max(1, now - lastMoved);
        double weight = 1 - Math.exp(-elapsed / HORIZON);
        perSecond += weight * (positions * 1e9 / elapsed - perSecond);
        lastMoved = now;
    }

    /** When the oldest event was recorded that waits to be applied; null if none does. */
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

    /** How many positions of the log are dealt with in a second, on average over the last ten seconds or so. */
    synchronized double positionsPerSecond() {
        double idle = nanoTime.getAsLong() - lastMoved;
        return perSecond * Math.exp(-idle / HORIZON);
    }
}
