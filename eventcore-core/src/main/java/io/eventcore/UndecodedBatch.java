package io.eventcore;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * What one page of the log holds, not decoded. Otherwise as {@link EventBatch}.
 *
 * <p>Immutable.
 *
 * @param events the matching events in position order; may be empty
 * @param continueAfter the position to read the next page after
 * @param endReached whether the reader has seen everything that could be delivered at that moment
 * @since 0.1
 */
public record UndecodedBatch(List<UndecodedEvent> events, GlobalPosition continueAfter, boolean endReached) {
    /** Copies the list. */
    public UndecodedBatch {
        events = List.copyOf(events);
        Objects.requireNonNull(continueAfter, "continueAfter");
    }

    /** By pages that are halved until an event that cannot be decoded is alone; what lies before it is delivered by then. */
    static UndecodedBatch readBy(EventReader reader, EventFilter filter, EventPage page) {
        for (int size = page.limit(); ; size = size / 2) {
            try {
                EventBatch<Event> batch = reader.readEvents(filter, EventPage.after(page.after(), size), Event.class);
                List<UndecodedEvent> events = new ArrayList<>(batch.events().size());
                batch.events().forEach(event -> events.add(UndecodedEvent.of(event)));
                return new UndecodedBatch(events, batch.continueAfter(), batch.endReached());
            } catch (EventDeserializationException unreadable) {
                if (size == 1) {
                    return new UndecodedBatch(List.of(UndecodedEvent.of(unreadable)), unreadable.position(), false);
                }
            }
        }
    }
}
