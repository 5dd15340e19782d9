package io.eventcore.projection;

import io.eventcore.EventReader;
import io.eventcore.GlobalPosition;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;

/**
 * How far the log reaches, as far as somebody had to know. Threads that ask at the same time share a statement. Safe for
 * any number of threads.
 */
final class KnownEnd {
    private final EventReader reader;
    private final ReentrantLock reading = new ReentrantLock();
    private final AtomicLong begun = new AtomicLong();
    private volatile long known;

    /** How many reads had begun when the last one that ended began, itself included. */
    private long ended;

    KnownEnd(EventReader reader) {
        this.reader = reader;
    }

    /** Whether the log ends before a position that was known when this was called. */
    boolean isBefore(GlobalPosition position) {
        long before = begun.get();
        if (position.value() <= known) {
            return false;
        }
        reading.lock();
        try {
            // Only a read that began after the position was known can tell that the log does not hold it.
            if (position.value() > known && ended <= before) {
                long number = begun.incrementAndGet();
                known = Math.max(known, reader.lastPosition().value());
                ended = number;
            }
            return position.value() > known;
        } finally {
            reading.unlock();
        }
    }
}
