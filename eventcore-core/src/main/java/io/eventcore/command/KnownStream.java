package io.eventcore.command;

import io.eventcore.StoredEvent;
import io.eventcore.StreamVersion;
import io.eventcore.internal.SharedEvent;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;

/**
 * All events of one stream, from the first to the last known one: those that a read has found, and those that commands
 * have appended after them. Immutable: a longer stream is a new object, which shares the events of the shorter one.
 */
final class KnownStream {
    /** A stream that does not exist. */
    static final KnownStream NONE = new KnownStream(new Events(0), 0, 0);

    private final Events all;
    private final int size;
    private final long bytes;

    /** Grows only at its end. Each {@code KnownStream} sees only the events that it counts. */
    private static final class Events {
        private SharedEvent[] events;
        private int filled;

        Events(int capacity) {
            events = new SharedEvent[capacity];
        }

        /** Adds events after the first {@code after} ones: here if there are no later ones, otherwise in a copy. */
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

    /** The id of the last event; the stream must have one. */
    UUID lastId() {
        return event(size).stored().id();
    }

    /** The events, oldest first. Do not change the list. */
    List<SharedEvent> events() {
        return Arrays.asList(all.array()).subList(0, size);
    }

    void addTo(List<SharedEvent> events) {
        events.addAll(events());
    }

    /**
     * How many bytes an event counts for.
     *
     * @param compact the event as it is kept
     */
    static long bytes(SharedEvent event, SharedEvent compact) {
        StoredEvent stored = event.stored();
        // The size of the payload stands for that of the decoded event.
        return compact == event ? CacheBudget.bytes(stored) : CacheBudget.BYTES_PER_EVENT + stored.payload().length;
    }
}
