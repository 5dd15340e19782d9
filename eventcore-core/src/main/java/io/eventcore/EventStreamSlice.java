package io.eventcore;

import java.util.List;

/**
 * What an append wrote.
 *
 * <p>Immutable.
 *
 * @param events the events in the order they were given; empty if only expectations were checked
 * @since 0.1
 */
public record EventStreamSlice(List<AppendedEvent> events) {
    private static final EventStreamSlice EMPTY = new EventStreamSlice(List.of());

    /** Copies the list. */
    public EventStreamSlice {
        events = List.copyOf(events);
    }

    /** The slice of an append without events. */
    public static EventStreamSlice empty() {
        return EMPTY;
    }

    /** Whether nothing was written. */
    public boolean isEmpty() {
        return events.isEmpty();
    }

    /** The highest position written; {@link GlobalPosition#START} if nothing was written. */
    public GlobalPosition lastPosition() {
        return events.isEmpty()
                ? GlobalPosition.START
                : events.get(events.size() - 1).position();
    }
}
