package io.eventcore;

import java.util.List;
import java.util.Objects;

/**
 * What one page of the log holds.
 *
 * <p>Immutable.
 *
 * @param events the matching events in position order; may be empty, also before the end
 * @param continueAfter the position to read the next page after. No event at or before it will ever appear again or
 *     anew, so it is safe to store as a checkpoint, also when no event matched. Never beyond the last committed event:
 *     positions that were drawn in vain at the end of the log may be given out again after a crash
 * @param endReached whether the reader has seen everything that could be delivered at that moment; if false, read on at
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
