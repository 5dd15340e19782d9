package io.eventcore.projection;

import io.eventcore.Event;
import io.eventcore.EventFilter;
import io.eventcore.EventReader;
import io.eventcore.GlobalPosition;
import io.eventcore.internal.SharedEvent;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Reads the events of deadlines that are due: several at once while they are close together in the log, because many
 * deadlines were set one after the other; each by itself if reading several would read too many other events. Used by
 * one thread.
 */
final class DeadlineEvents<E extends Event> {
    /** Upper limit for the events of one read. */
    private static final int MOST = 100;

    /** Does not filter by type: an event that upcasters turn into another type must be found as well. */
    private final LogScan log;

    private final EventFilter filter;
    private final Class<E> eventType;
    private final Map<GlobalPosition, SharedEvent> found = new HashMap<>();
    private int size = 1;

    DeadlineEvents(EventReader reader, Projection<E> projection) {
        this.log = LogScan.ofAll(reader);
        this.filter = projection.filter();
        this.eventType = projection.eventType();
    }

    /**
     * The event of the first of these deadlines, not decoded.
     *
     * @return empty if the log no longer holds it
     */
    Optional<LogEntry<E>> ofFirst(List<PendingDeadline> due) {
        PendingDeadline first = due.get(0);
        if (!found.containsKey(first.position())) {
            read(due);
        }
        return Optional.ofNullable(found.get(first.position()))
                .filter(event -> event.stored().id().equals(first.eventId()))
                .map(event -> new LogEntry<>(event, filter, eventType));
    }

    private void read(List<PendingDeadline> due) {
        GlobalPosition first = due.get(0).position();
        found.clear();
        log.read(GlobalPosition.of(first.value() - 1), size)
                .events()
                .forEach(event -> found.put(event.stored().position(), event));
        long wanted = due.stream()
                .map(PendingDeadline::position)
                .distinct()
                .filter(found::containsKey)
                .count();
        size = wanted * 2 >= found.size() ? Math.min(size * 2, MOST) : 1;
    }
}
