package io.eventcore.command;

import io.eventcore.StoredEvent;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** How much the stream caches of one executor hold, all together, and for how long. Safe for any number of threads. */
final class CacheBudget {
    /** How many bytes of stored events are held at most. */
    static final long MAX_BYTES = 16L << 20;

    /** What an event counts for beside its payload: the objects around it. */
    private static final long BYTES_PER_EVENT = 256;

    private static final long COLD_AFTER_SECONDS = 5;

    private final Executor later;
    private final AtomicLong used = new AtomicLong();

    /** {@code later}: runs what it is given after a while, so that streams are evicted that no command comes for. */
    CacheBudget(Executor later) {
        this.later = later;
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
        if (used.addAndGet(bytes) <= MAX_BYTES) {
            return true;
        }
        release(bytes);
        return false;
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
