package io.eventcore;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * One page of the log, in stored form; otherwise like {@link EventBatch}. For authors of stores and of wrappers of
 * stores.
 *
 * <p>Immutable.
 *
 * @param events the matching events in position order; may be empty
 * @param continueAfter the position to read the next page after
 * @param endReached whether this page reached the end of what could be delivered at that moment
 * @since 0.1
 */
public record StoredPage(List<StoredEvent> events, GlobalPosition continueAfter, boolean endReached) {
    /** Events that the library itself appends to the log, and that no type of an application covers. */
    private static final String SUBJECT_ERASED = "eventcore.subject-erased";

    /** Copies the list. */
    public StoredPage {
        events = List.copyOf(events);
        Objects.requireNonNull(continueAfter, "continueAfter");
    }

    /** How many bytes of payload and metadata the events have. */
    public long bytes() {
        long bytes = 0;
        for (StoredEvent event : events) {
            bytes += event.bytes();
        }
        return bytes;
    }

    /**
     * The page, decoded for the caller of {@link EventReader#readEvents}. A
     * {@link io.eventcore.personaldata.SubjectErased} is left out if it is not of {@code eventType}: the first erasure
     * must not stop a reader of the application's events.
     *
     * @param filter the one that it was read with
     * @throws EventDeserializationException if an event cannot be decoded or is not of {@code eventType}
     */
    public <E extends Event> EventBatch<E> decode(EventFilter filter, Class<E> eventType) {
        List<RecordedEvent<E>> decoded = new ArrayList<>(events.size());
        for (StoredEvent event : events) {
            if (!isPassedOver(event, eventType)) {
                decoded.addAll(event.decode(filter, eventType));
            }
        }
        return new EventBatch<>(decoded, continueAfter, endReached);
    }

    /** It is decoded all the same: from then on, no data of the subject is read. */
    private static boolean isPassedOver(StoredEvent event, Class<? extends Event> eventType) {
        return event.typeName().equals(SUBJECT_ERASED)
                && event.decode(Event.class).stream().noneMatch(part -> eventType.isInstance(part.event()));
    }
}
