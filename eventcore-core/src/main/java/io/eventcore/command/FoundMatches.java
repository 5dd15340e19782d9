package io.eventcore.command;

import io.eventcore.Boundary;
import io.eventcore.EventQuery;
import io.eventcore.StoredEvent;
import io.eventcore.StoredMatches;
import io.eventcore.internal.SharedEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a read of one item has found, for the cache.
 *
 * @param events the events in global order; room for them is reserved in the budget
 */
record FoundMatches(Boundary boundary, List<SharedEvent> events) {
    /** How many bytes the events count for. */
    long bytes() {
        return events.stream()
                .mapToLong(event -> CacheBudget.bytes(event.stored()))
                .sum();
    }

    /**
     * Collects the events of a read while there is room.
     *
     * @return empty if there was not enough room; then nothing is reserved
     */
    static Optional<FoundMatches> of(StoredMatches read, CacheBudget budget) {
        return of(read.boundary(), read.events(), budget);
    }

    /**
     * The same for each item of a read, in the order of the query.
     *
     * @return empty if the store does not tell the items apart
     */
    static List<Optional<FoundMatches>> ofItems(StoredMatches read, CacheBudget budget) {
        List<Optional<FoundMatches>> found = new ArrayList<>(read.ofItems().size());
        boolean complete = false;
        try {
            for (int i = 0; i < read.ofItems().size(); i++) {
                String guard = read.boundary().guardRows().get(i);
                Boundary own = Boundary.of(
                        new EventQuery(List.of(read.boundary().query().items().get(i))),
                        List.of(guard),
                        Map.of(guard, read.boundary().seen(guard)));
                found.add(of(own, read.ofItems().get(i), budget));
            }
            complete = true;
            return found;
        } finally {
            if (!complete) {
                release(found, budget);
            }
        }
    }

    /** Gives back the room that was reserved for these. */
    static void release(List<Optional<FoundMatches>> found, CacheBudget budget) {
        found.forEach(each -> each.ifPresent(matches -> budget.release(matches.bytes())));
    }

    private static Optional<FoundMatches> of(Boundary boundary, Iterable<StoredEvent> all, CacheBudget budget) {
        List<SharedEvent> events = new ArrayList<>();
        long reserved = 0;
        boolean complete = false;
        try {
            for (StoredEvent event : all) {
                long bytes = CacheBudget.bytes(event);
                if (events.size() >= StreamCache.MAX_EVENTS || !budget.reserve(bytes)) {
                    return Optional.empty();
                }
                reserved += bytes;
                events.add(new SharedEvent(event));
            }
            complete = true;
            return Optional.of(new FoundMatches(boundary, events));
        } finally {
            if (!complete) {
                budget.release(reserved);
            }
        }
    }
}
