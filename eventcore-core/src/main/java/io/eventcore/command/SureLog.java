package io.eventcore.command;

import io.eventcore.StoredEvent;
import io.eventcore.StreamId;
import io.eventcore.internal.SharedEvent;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Whether the log is still the one from which streams are known: a database may be restored from a backup while the
 * application runs, and streams may then reach the same versions with other events.
 *
 * <p>A log that was set back lacks the newest known event. So a command reads that event again from time to time, and
 * after every failure of the store, together with what it reads anyway. Safe for any number of threads.
 */
final class SureLog {
    /** No command decides without a read if the last look at the newest event began longer ago. */
    private final long sureFor;

    /** After this time, one command looks again, so that the others need not. */
    private final long lookAfter;

    private final LongSupplier nanoTime;
    private final AtomicReference<@Nullable Newest> newest = new AtomicReference<>();

    /** How often the log became doubtful. */
    private final AtomicLong doubts = new AtomicLong(1);

    /** The last look that has found the newest event. */
    private volatile Look last;

    /** When the next look is due. */
    private final AtomicLong nextLook;

    /** The known event with the highest position. */
    record Newest(StreamId streamId, long version, long position, UUID id) {
        boolean is(StoredEvent event) {
            return event.version().value() == version
                    && event.id().equals(id)
                    && event.streamId().equals(streamId);
        }
    }

    /**
     * A look at the log.
     *
     * @param beganAt by {@link System#nanoTime()}
     * @param doubts how often the log had become doubtful by then
     * @param newest the event to find; null if nothing is known, or a look is not due
     */
    record Look(long beganAt, long doubts, @Nullable Newest newest) {}

    /**
     * A log that was not looked at yet.
     *
     * @param sureFor for how many nanoseconds a look holds
     */
    SureLog(long sureFor, LongSupplier nanoTime) {
        this.sureFor = sureFor;
        this.lookAfter = sureFor / 2;
        this.nanoTime = nanoTime;
        long now = nanoTime.getAsLong();
        this.last = new Look(now, 0, null);
        this.nextLook = new AtomicLong(now);
    }

    /** Whether to decide on what is known; false for one command now and then, which must look. */
    boolean isSure() {
        long now = nanoTime.getAsLong();
        Look look = last;
        if (look.doubts != doubts.get() || now - look.beganAt > sureFor) {
            return false;
        }
        long next = nextLook.get();
        return now - next < 0 || !nextLook.compareAndSet(next, now + lookAfter);
    }

    /** Begins a look, with a read that is about to be sent. */
    Look look() {
        long now = nanoTime.getAsLong();
        Look before = last;
        long doubted = doubts.get();
        boolean due = before.doubts != doubted || now - before.beganAt >= lookAfter;
        return new Look(now, doubted, due ? newest.get() : null);
    }

    /** Whether a look shows anything: one that was not due has not read the newest event. */
    private boolean tells(Look look) {
        return look.newest != null || newest.get() == null;
    }

    /** Hears that a look has found the newest event, if it looked for it. */
    void found(Look look) {
        Look before = last;
        boolean later =
                look.doubts > before.doubts || (look.doubts == before.doubts && look.beganAt - before.beganAt > 0);
        if (tells(look) && later) {
            last = look;
            nextLook.set(look.beganAt + lookAfter);
        }
    }

    /** Hears that the store has failed: when it answers again, it may hold other events. */
    void doubt() {
        doubts.incrementAndGet();
    }

    /** Hears that an event became known. */
    void learn(SharedEvent event) {
        StoredEvent stored = event.stored();
        long position = stored.position().value();
        Newest known = newest.get();
        while (known == null || known.position < position) {
            Newest next = new Newest(stored.streamId(), stored.version().value(), position, stored.id());
            if (newest.compareAndSet(known, next)) {
                return;
            }
            known = newest.get();
        }
    }

    /** Forgets the newest event: nothing is known any more. */
    void forget() {
        newest.set(null);
        doubt();
    }
}
