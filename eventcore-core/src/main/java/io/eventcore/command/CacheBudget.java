package io.eventcore.command;

import io.eventcore.StoredEvent;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * How much the stream caches of one executor hold together, and for how long: the cache of hot streams and tags, and
 * the cache of warm streams. Safe for any number of threads.
 */
final class CacheBudget {
    /** How many bytes of stored events hot streams and tags hold at most. */
    static final long MAX_BYTES = 16L << 20;

    /** How many bytes an event counts for besides its payload: the objects around it. */
    static final long BYTES_PER_EVENT = 256;

    private static final long COLD_AFTER_SECONDS = 5;

    private final Executor later;
    private final long maxBytes;
    private final AtomicLong used = new AtomicLong();

    /** {@code later} runs a task after a delay, so that streams that no command uses are evicted. */
    CacheBudget(Executor later) {
        this(later, MAX_BYTES);
    }

    private CacheBudget(Executor later, long maxBytes) {
        this.later = later;
        this.maxBytes = maxBytes;
    }

    /** A separate budget, for a cache that makes room itself. */
    static CacheBudget of(long maxBytes) {
        return new CacheBudget(Runnable::run, maxBytes);
    }

    /** The budget of an executor. */
    static CacheBudget ofExecutor() {
        return new CacheBudget(CompletableFuture.delayedExecutor(COLD_AFTER_SECONDS, TimeUnit.SECONDS, Runnable::run));
    }

    /** How many bytes an event counts for in a cache. */
    static long bytes(StoredEvent event) {
        return BYTES_PER_EVENT + event.bytes();
    }

    /** Whether there is room for this much more; if so, counts it. */
    boolean reserve(long bytes) {
        if (used.addAndGet(bytes) <= maxBytes) {
            return true;
        }
        release(bytes);
        return false;
    }

    /** Counts what the cache already holds, even if there is no room for it; the caller then makes room. */
    void take(long bytes) {
        used.addAndGet(bytes);
    }

    boolean isExceeded() {
        return used.get() > maxBytes;
    }

    long maxBytes() {
        return maxBytes;
    }

    void release(long bytes) {
        used.addAndGet(-bytes);
    }

    long used() {
        return used.get();
    }

    void later(Runnable task) {
        later.execute(task);
    }
}
