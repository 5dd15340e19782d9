package io.eventcore.projection;

import io.eventcore.Event;
import io.eventcore.EventBatch;
import io.eventcore.EventDeserializationException;
import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.EventReader;
import io.eventcore.GlobalPosition;
import io.eventcore.StreamPrefix;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Reads the log page by page, past events that cannot be read: each becomes an entry of its own.
 *
 * <p>The reader fails for a whole page if one event of it cannot be read. So the page is halved until the event is
 * alone; what lies before it has been delivered by then.
 */
record LogScan<E extends Event>(EventReader reader, EventFilter filter, Class<E> eventType) {
    /** For a page with a filter the store tells how far it has looked. Whether there is such a stream does not matter. */
    private static final EventFilter NOTHING = EventFilter.prefix(StreamPrefix.of("eventcore/nothing"));

    /** What is at a position of the log, if something is. */
    static Optional<LogEntry<Event>> entryAt(EventReader reader, GlobalPosition position) {
        LogPage<Event> page =
                new LogScan<>(reader, EventFilter.all(), Event.class).read(GlobalPosition.of(position.value() - 1), 1);
        return page.entries().stream()
                .filter(entry -> entry.position().equals(position))
                .findFirst();
    }

    /**
     * A position from which the log can be read on without missing what is not committed yet, as far on as can be told at
     * once.
     */
    static GlobalPosition end(EventReader reader) {
        long last = reader.lastPosition().value();
        // An append in flight holds the end back. It is recent, so it is looked for from the last position downwards.
        for (long before = 1; before < last * 2; before = before * 2) {
            GlobalPosition after = GlobalPosition.of(Math.max(0, last - before));
            GlobalPosition settled = reader.readEvents(NOTHING, EventPage.after(after, 1), Event.class)
                    .continueAfter();
            if (settled.compareTo(after) > 0) {
                return settled;
            }
        }
        return GlobalPosition.START;
    }

    LogPage<E> read(GlobalPosition after, int limit) {
        for (int size = limit; ; size = size / 2) {
            try {
                EventBatch<E> batch = reader.readEvents(filter, EventPage.after(after, size), eventType);
                List<LogEntry<E>> entries = new ArrayList<>(batch.events().size());
                batch.events().forEach(event -> entries.add(LogEntry.of(event)));
                return new LogPage<>(entries, batch.continueAfter(), batch.endReached());
            } catch (EventDeserializationException unreadable) {
                if (size == 1) {
                    return new LogPage<>(List.of(LogEntry.unreadable(unreadable)), unreadable.position(), false);
                }
            }
        }
    }
}
