package io.eventcore;

import java.util.List;
import java.util.Objects;

/**
 * The stored events that a query matches: one cut. For authors of stores and of wrappers of stores.
 *
 * @param boundary what the first statement saw, before any event was read
 * @param events the events in global order, each once; those of each guard end at what the boundary has seen of it.
 *     Read page by page while they are iterated, may be iterated more than once; one thread at a time
 * @param ofItems for each item of the boundary's query the events that match it, in global order, read like
 *     {@code events}; empty if the store does not tell which event matches which item
 * @since 0.1
 */
public record StoredMatches(
        Boundary boundary, Iterable<StoredEvent> events, List<? extends Iterable<StoredEvent>> ofItems) {
    /**
     * Checks that all are given.
     *
     * @throws IllegalArgumentException if {@code ofItems} has some items, but not all
     */
    public StoredMatches {
        Objects.requireNonNull(boundary, "boundary");
        Objects.requireNonNull(events, "events");
        ofItems = List.copyOf(ofItems);
        if (!ofItems.isEmpty() && ofItems.size() != boundary.query().items().size()) {
            throw new IllegalArgumentException("Events are told apart by all items of a query, or by none");
        }
    }

    /** Matches that do not tell which event matches which item. */
    public StoredMatches(Boundary boundary, Iterable<StoredEvent> events) {
        this(boundary, events, List.of());
    }
}
