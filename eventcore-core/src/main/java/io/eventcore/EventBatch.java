package io.eventcore;

import java.util.List;
import java.util.Objects;

/**
 * One page of the log.
 *
 * <p>Immutable.
 *
 * @param events the matching events in position order; may be empty, also before the end
 * @param continueAfter the position to read the next page after. No event will ever appear at or before it, again or
 *     for the first time, so it is safe to store as a checkpoint, even if no event matched. Never beyond the last
 *     committed event: after a crash, the database may assign unused positions at the end of the log again
 * @param endReached whether this page reached the end of what could be delivered at that moment; if false, read on at
 *     once
 * @param <E> the type the events are read as
 * @since 0.1
 */
public record EventBatch<E extends Event>(
        List<RecordedEvent<E>> events, GlobalPosition continueAfter, boolean endReached) {
    /** Copies the list. */
    public EventBatch {
        events = List.copyOf(events);
        Objects.requireNonNull(continueAfter, "continueAfter");
    }
}
