package io.eventcore.command;

import io.eventcore.StoredEvent;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * How much the stream caches of one executor hold, all together, and for how long: one for hot streams and tags, and one for
 * those that are known. Safe for any number of threads.
 */
final class CacheBudget {
    /** How many bytes of stored events hot streams and tags hold at most. */
    static final long MAX_BYTES = 16L << 20;

    /** What an event counts for beside its payload: the objects around it. */
    static final long BYTES_PER_EVENT = 256;

    private static final long COLD_AFTER_SECONDS = 5;

    private final Executor later;
    private final long maxBytes;
    private final AtomicLong used = new AtomicLong();

    /** {@code later}: runs what it is given after a while, so that streams are evicted that no command comes for. */
    CacheBudget(Executor later) {
        this(later, MAX_BYTES);
    }

    private CacheBudget(Executor later, long maxBytes) {
        this.later = later;
        this.maxBytes = maxBytes;
    }

    /** A budget of its own, of a cache that makes room by itself. */
    static CacheBudget of(long maxBytes) {
        return new CacheBudget(Runnable::run, maxBytes);
    }

    /** The budget of an executor. */
    static CacheBudget ofExecutor() {
        return new CacheBudget(CompletableFuture.delayedExecutor(COLD_AFTER_SECONDS, TimeUnit.SECONDS, Runnable::run));
    }

    /** What an event counts for in a cache. */
    static long bytes(StoredEvent event) {
        return BYTES_PER_EVENT + event.bytes();
    }

    /** Whether there is room for so much more; if so, it is counted. */
    boolean reserve(long bytes) {
        if (used.addAndGet(bytes) <= maxBytes) {
            return true;
        }
        release(bytes);
        return false;
    }

    /** Counts what is held already, also if there is no room for it; the caller makes room then. */
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
