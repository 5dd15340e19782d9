package io.eventcore.projection;

import io.eventcore.GlobalPosition;
import io.eventcore.StoredEvent;
import io.eventcore.StoredPage;
import io.eventcore.internal.SharedEvent;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The newest events of the log: every event after one position up to another.
 *
 * <p>Bounded in events and in bytes: when it becomes too large, it drops the older half. Not safe for concurrent use.
 */
final class LogWindow {
    private static final int EVENTS = 2_000;

    /** Upper limit for the bytes that the events have in the store, without the newest page. */
    private static final long BYTES = 8L * 1024 * 1024;

    /** An event of more bytes is too large to be read again at every look. */
    private static final long LARGE = 64L * 1024;

    private final List<SharedEvent> events = new ArrayList<>();
    private final Deque<Part> parts = new ArrayDeque<>();
    private long bytes;

    /** The part of the window that came with one page. */
    private record Part(int events, long bytes, GlobalPosition last) {}

    private GlobalPosition from = GlobalPosition.START;
    private GlobalPosition to = GlobalPosition.START;
    private boolean begun;

    /** The id of the event at {@code to}; null if it is not known. */
    private @Nullable UUID newestId;

    /** The size of that event in the store, as far as is known. */
    private long newestBytes;

    /** Whether there is a window: false before the first one begins, and after its events may have been lost. */
    boolean isBegun() {
        return begun;
    }

    /** Where it ends: how far the log was read. */
    GlobalPosition end() {
        return to;
    }

    /** The id of the event at its end; empty if it is not known. */
    Optional<UUID> newestId() {
        return Optional.ofNullable(newestId);
    }

    /** Whether the event at its end is too large to be read again at every look. */
    boolean isNewestLarge() {
        return newestBytes > LARGE;
    }

    /** Whether it holds all events after a position, and the position is not beyond its end. */
    boolean covers(GlobalPosition position) {
        return reachesBackTo(position) && position.compareTo(to) <= 0;
    }

    /** Whether it begins at a position or before it. */
    boolean reachesBackTo(GlobalPosition position) {
        return position.compareTo(from) >= 0;
    }

    /** Begins again at a position, without events. */
    void beginAt(GlobalPosition position) {
        events.clear();
        parts.clear();
        bytes = 0;
        from = position;
        to = position;
        begun = true;
        newestId = null;
        newestBytes = 0;
    }

    /** Drops the window: its events may have been lost from the log, so no follower may receive them. */
    void drop() {
        begun = false;
    }

    /** The events after a position that it reaches back to. */
    LogPage after(GlobalPosition position, int limit) {
        int first = firstAfter(position);
        int end = Math.min(first + limit, events.size());
        boolean all = end == events.size();
        return new LogPage(events.subList(first, end), all ? to : place(end - 1), all);
    }

    private GlobalPosition place(int index) {
        return events.get(index).stored().position();
    }

    private int firstAfter(GlobalPosition position) {
        int low = 0;
        int high = events.size();
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (place(middle).compareTo(position) <= 0) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    /** Records what a look has read of the event at its end: the id, and the size if it is known. */
    void newestIs(@Nullable UUID id, long itsBytes) {
        newestId = id;
        newestBytes = Math.max(newestBytes, itsBytes);
    }

    /** Adds the events after its end. */
    void add(StoredPage page) {
        to = page.continueAfter();
        newestId = null;
        newestBytes = 0;
        if (!page.events().isEmpty()) {
            StoredEvent newest = page.events().get(page.events().size() - 1);
            if (newest.position().equals(to)) {
                newestId = newest.id();
            }
            page.events().forEach(event -> events.add(new SharedEvent(event)));
            parts.add(new Part(page.events().size(), page.bytes(), place(events.size() - 1)));
            bytes += page.bytes();
        }
        trim();
    }

    /** Drops the older half if it has become too large. Drops whole pages, and keeps the newest one. */
    private void trim() {
        if (events.size() <= EVENTS && bytes <= BYTES) {
            return;
        }
        int drop = 0;
        while (parts.size() > 1 && (events.size() - drop > EVENTS / 2 || bytes > BYTES / 2)) {
            Part oldest = parts.remove();
            drop += oldest.events;
            bytes -= oldest.bytes;
            from = oldest.last;
        }
        events.subList(0, drop).clear();
    }
}
