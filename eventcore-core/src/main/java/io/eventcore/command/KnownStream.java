package io.eventcore.command;

import io.eventcore.StoredEvent;
import io.eventcore.StreamVersion;
import io.eventcore.internal.SharedEvent;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;

/**
 * All events of one stream, from the first to the last one known: what a read has found, and what commands have appended
 * behind it. Immutable: a longer one is a new object, which shares the events with the one it was made of.
 */
final class KnownStream {
    /** A stream that does not exist. */
    static final KnownStream NONE = new KnownStream(new Events(0), 0, 0);

    private final Events all;
    private final int size;
    private final long bytes;

    /** Grows only at its end; an object sees only the events that it counts. */
    private static final class Events {
        private SharedEvent[] events;
        private int filled;

        Events(int capacity) {
            events = new SharedEvent[capacity];
        }

        /** Adds events behind the first {@code after}, here if they were the last ones, else in a copy. */
        synchronized Events with(int after, List<SharedEvent> more) {
            int size = after + more.size();
            if (filled != after) {
                Events copy = new Events(size);
                System.arraycopy(events, 0, copy.events, 0, after);
                copy.filled = after;
                return copy.with(after, more);
            }
            if (size > events.length) {
                events = Arrays.copyOf(events, size + size / 4 + 1);
            }
            for (SharedEvent event : more) {
                events[filled++] = event;
            }
            return this;
        }

        synchronized SharedEvent[] array() {
            return events;
        }
    }

    private KnownStream(Events all, int size, long bytes) {
        this.all = all;
        this.size = size;
        this.bytes = bytes;
    }

    /** The same stream, followed by these events. */
    KnownStream with(List<SharedEvent> more, long moreBytes) {
        return more.isEmpty()
                ? this
                : new KnownStream(
                        (size == 0 ? new Events(more.size()) : all).with(size, more),
                        size + more.size(),
                        bytes + moreBytes);
    }

    StreamVersion version() {
        return StreamVersion.of(size);
    }

    int size() {
        return size;
    }

    long bytes() {
        return bytes;
    }

    /** The event that brought the stream to a known version. */
    SharedEvent event(long version) {
        return all.array()[Math.toIntExact(version - 1)];
    }

    /** The id of the last event; there is one. */
    UUID lastId() {
        return event(size).stored().id();
    }

    /** The events, oldest first; not to be changed. */
    List<SharedEvent> events() {
        return Arrays.asList(all.array()).subList(0, size);
    }

    void addTo(List<SharedEvent> events) {
        events.addAll(events());
    }

    /**
     * What an event counts for.
     *
     * @param compact as it is kept
     */
    static long bytes(SharedEvent event, SharedEvent compact) {
        StoredEvent stored = event.stored();
        // The payload stands for what was decoded of it.
        return compact == event ? CacheBudget.bytes(stored) : CacheBudget.BYTES_PER_EVENT + stored.payload().length;
    }
}
