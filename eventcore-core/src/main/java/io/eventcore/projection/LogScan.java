package io.eventcore.projection;

import io.eventcore.Event;
import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.EventReader;
import io.eventcore.GlobalPosition;
import io.eventcore.StreamPrefix;
import io.eventcore.UndecodedEvent;
import java.time.Instant;
import java.util.Optional;

/**
 * Reads the log page by page as a projection wants it, and decodes nothing.
 *
 * @param filter which events the store is asked for
 * @param since events that were recorded earlier are left out; so are none of which that is not known
 */
record LogScan<E extends Event>(EventReader reader, EventFilter filter, Class<E> eventType, Instant since) {
    /** For a page with a filter the store tells how far it has looked. Whether there is such a stream does not matter. */
    private static final EventFilter NOTHING = EventFilter.prefix(StreamPrefix.of("eventcore/nothing"));

    /** What a projection wants. */
    static <E extends Event> LogScan<E> of(EventReader reader, Projection<E> projection) {
        return new LogScan<>(reader, projection.filter(), projection.eventType(), projection.since());
    }

    /** Everything. */
    static LogScan<Event> ofAll(EventReader reader) {
        return new LogScan<>(reader, EventFilter.all(), Event.class, Instant.MIN);
    }

    /** What is at a position of the log, if something is. */
    static Optional<LogEntry<Event>> entryAt(EventReader reader, GlobalPosition position) {
        return ofAll(reader).read(GlobalPosition.of(position.value() - 1), 1).entries().stream()
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
        return LogPage.of(
                reader.readUndecoded(filter, EventPage.after(after, limit)), event -> isNew(event, since), eventType);
    }

    static boolean isNew(UndecodedEvent event, Instant since) {
        return event.recordedAt().map(recordedAt -> !recordedAt.isBefore(since)).orElse(true);
    }
}
