package io.eventcore.projection;

import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.EventReader;
import io.eventcore.GlobalPosition;
import io.eventcore.StoredEvent;
import io.eventcore.StreamPrefix;
import java.time.Instant;
import java.util.Optional;

/**
 * Reads the log page by page as a projection wants it, and decodes nothing.
 *
 * @param filter which events the store is asked for
 * @param since events that were recorded earlier are left out
 */
record LogScan(EventReader reader, EventFilter filter, Instant since) {
    /**
     * Makes the store return how far it has looked, which it does for a page with a filter. Whether this stream exists
     * does not matter.
     */
    private static final EventFilter NOTHING = EventFilter.prefix(StreamPrefix.of("eventcore/nothing"));

    /** The events that a projection wants. */
    static LogScan of(EventReader reader, Projection<?> projection) {
        return new LogScan(reader, projection.filter(), projection.since());
    }

    /** All events. */
    static LogScan ofAll(EventReader reader) {
        return new LogScan(reader, EventFilter.all(), Instant.MIN);
    }

    /** The event at a position of the log, if there is one. */
    static Optional<StoredEvent> eventAt(EventReader reader, GlobalPosition position) {
        EventPage page = EventPage.after(GlobalPosition.of(position.value() - 1), 1);
        return reader.internals().readStored(EventFilter.all(), page).events().stream()
                .filter(event -> event.position().equals(position))
                .findFirst();
    }

    /**
     * The latest position, as far as one look can tell, from which a reader misses no event that is not committed yet.
     */
    static GlobalPosition end(EventReader reader) {
        long last = reader.lastPosition().value();
        // An append in flight holds the end back. It is recent, so search for it from the last position downwards.
        for (long before = 1; before < last * 2; before = before * 2) {
            GlobalPosition after = GlobalPosition.of(Math.max(0, last - before));
            GlobalPosition settled = reader.internals()
                    .readStored(NOTHING, EventPage.after(after, 1))
                    .continueAfter();
            if (settled.compareTo(after) > 0) {
                return settled;
            }
        }
        return GlobalPosition.START;
    }

    LogPage read(GlobalPosition after, int limit) {
        return LogPage.of(
                reader.internals().readStored(filter, EventPage.after(after, limit)), event -> isNew(event, since));
    }

    static boolean isNew(StoredEvent event, Instant since) {
        return !event.recordedAt().isBefore(since);
    }
}
