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
 * @param bytes how many bytes of payload and metadata the events have in their stored form, for those who keep them; 0 if
 *     the store does not know
 * @since 0.1
 */
public record UndecodedBatch(
        List<UndecodedEvent> events, GlobalPosition continueAfter, boolean endReached, long bytes) {
    /** Copies the list. */
    public UndecodedBatch {
        events = List.copyOf(events);
        Objects.requireNonNull(continueAfter, "continueAfter");
    }

    /** A page of a store that does not know how large its events are. */
    public UndecodedBatch(List<UndecodedEvent> events, GlobalPosition continueAfter, boolean endReached) {
        this(events, continueAfter, endReached, 0);
    }

    /** By pages that are halved until an event that cannot be decoded is alone; what lies before it is delivered by then. */
    static UndecodedBatch readBy(EventReader reader, EventFilter filter, EventPage page) {
        for (int size = page.limit(); ; size = size / 2) {
            try {
                EventBatch<Event> batch = reader.readEvents(filter, EventPage.after(page.after(), size), Event.class);
                List<UndecodedEvent> events = new ArrayList<>(batch.events().size());
                for (RecordedEvent<Event> event : batch.events()) {
                    GlobalPosition position = event.position();
                    events.add(UndecodedEvent.of(event, () -> readAgain(reader, position)));
                }
                return new UndecodedBatch(events, batch.continueAfter(), batch.endReached());
            } catch (EventDeserializationException unreadable) {
                if (size == 1) {
                    return new UndecodedBatch(List.of(UndecodedEvent.of(unreadable)), unreadable.position(), false);
                }
            }
        }
    }

    /** What is at a position, decoded once more. */
    private static Event readAgain(EventReader reader, GlobalPosition position) {
        EventPage itself = EventPage.after(GlobalPosition.of(position.value() - 1), 1);
        return reader.readEvents(EventFilter.all(), itself, Event.class).events().stream()
                .filter(event -> event.position().equals(position))
                .findFirst()
                .orElseThrow(() -> new EventStoreUnavailableException(
                        "The event at position %s is not there any more".formatted(position), null))
                .event();
    }
}
