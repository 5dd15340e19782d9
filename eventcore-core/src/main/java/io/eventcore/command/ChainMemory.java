package io.eventcore.command;

import io.eventcore.EventRoundTrip;
import io.eventcore.NewEvent;
import io.eventcore.StoredEvent;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * How much the chains of one executor keep of the streams they serve, all together, and for how long. Safe for any number
 * of threads.
 */
final class ChainMemory {
    /** How many bytes of stored events are kept at most. */
    static final long MAX_BYTES = 16L << 20;

    /** What an event counts for beside its payload: the objects around it. */
    private static final long BYTES_PER_EVENT = 256;

    private static final long COLD_AFTER_SECONDS = 5;

    private final EventRoundTrip roundTrip;
    private final Executor later;
    private final AtomicLong kept = new AtomicLong();

    /** {@code later}: runs what it is given after a while, so that streams are forgotten that no command comes for. */
    ChainMemory(EventRoundTrip roundTrip, Executor later) {
        this.roundTrip = roundTrip;
        this.later = later;
    }

    static ChainMemory of(EventRoundTrip roundTrip) {
        return new ChainMemory(
                roundTrip, CompletableFuture.delayedExecutor(COLD_AFTER_SECONDS, TimeUnit.SECONDS, Runnable::run));
    }

    /** The event in the form in which it is stored. */
    StoredEvent encode(NewEvent event) {
        return roundTrip.encode(event);
    }

    /** What an event counts for that is kept. */
    static long bytes(StoredEvent event) {
        return BYTES_PER_EVENT + event.bytes();
    }

    /** Whether so much more can be kept; if so, it is counted. */
    boolean reserve(long bytes) {
        if (kept.addAndGet(bytes) <= MAX_BYTES) {
            return true;
        }
        release(bytes);
        return false;
    }

    void release(long bytes) {
        kept.addAndGet(-bytes);
    }

    long kept() {
        return kept.get();
    }

    void later(Runnable task) {
        later.execute(task);
    }
}
