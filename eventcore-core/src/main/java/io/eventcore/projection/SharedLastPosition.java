package io.eventcore.projection;

import io.eventcore.EventReader;
import io.eventcore.GlobalPosition;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;

/**
 * How far the log reaches now. Threads that ask at the same time share a statement. Nothing else is remembered, because
 * the log can be set back while the process runs. Safe for any number of threads.
 */
final class SharedLastPosition {
    private final EventReader reader;
    private final ReentrantLock reading = new ReentrantLock();
    private final AtomicLong begun = new AtomicLong();

    /** The result of the last read that has ended. */
    private GlobalPosition end = GlobalPosition.START;

    /** How many reads had begun when that read began, itself included. */
    private long ended;

    SharedLastPosition(EventReader reader) {
        this.reader = reader;
    }

    /** Whether the log ends before a position that was known when this was called. */
    boolean isBefore(GlobalPosition position) {
        long before = begun.get();
        reading.lock();
        try {
            // Only a read that begins after this call shows what the log holds.
            if (ended <= before) {
                long number = begun.incrementAndGet();
                end = reader.lastPosition();
                ended = number;
            }
            return position.compareTo(end) > 0;
        } finally {
            reading.unlock();
        }
    }
}
