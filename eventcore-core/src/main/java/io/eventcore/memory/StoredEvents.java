package io.eventcore.memory;

import io.eventcore.StoredEvent;
import java.util.AbstractList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Events in order, growing at the end. What was added is never moved within an array that was handed out, so a
 * {@linkplain #snapshot snapshot} needs no copy and is safe to read while others add. Adding needs a lock around it.
 */
final class StoredEvents {
    private @Nullable StoredEvent[] events = new @Nullable StoredEvent[8];
    private int size;

    int size() {
        return size;
    }

    void add(StoredEvent event) {
        set(size, event);
    }

    /** Puts an event at an index at or beyond the end; what lies between stays empty. */
    void set(int index, StoredEvent event) {
        if (index >= events.length) {
            events = Arrays.copyOf(events, Math.max(index + 1, events.length * 2));
        }
        events[index] = event;
        size = Math.max(size, index + 1);
    }

    /** The event at an index below the size; null where nothing was put. */
    @Nullable
    StoredEvent get(int index) {
        return events[index];
    }

    /** The events from this index to the present end. */
    List<StoredEvent> snapshot(int from) {
        return from >= size ? List.of() : new Snapshot(events, from, size);
    }

    private static final class Snapshot extends AbstractList<StoredEvent> {
        private final @Nullable StoredEvent[] events;
        private final int from;
        private final int to;

        private Snapshot(@Nullable StoredEvent[] events, int from, int to) {
            this.events = events;
            this.from = from;
            this.to = to;
        }

        @Override
        public StoredEvent get(int index) {
            StoredEvent event = events[from + index];
            if (event == null) {
                throw new IllegalStateException("Nothing is stored at index " + (from + index));
            }
            return event;
        }

        @Override
        public int size() {
            return to - from;
        }
    }
}
