package io.eventcore;

import java.util.Objects;

/**
 * The stored events that a query matches: one cut. For authors of stores and of wrappers of stores.
 *
 * @param boundary what the first statement saw, before any event was read
 * @param events the events in global order, each once; those of each guard end at what the boundary has seen of it.
 *     Read page by page while they are iterated, may be iterated more than once; one thread at a time
 * @since 0.1
 */
public record StoredMatches(Boundary boundary, Iterable<StoredEvent> events) {
    /** Checks that both are given. */
    public StoredMatches {
        Objects.requireNonNull(boundary, "boundary");
        Objects.requireNonNull(events, "events");
    }
}
