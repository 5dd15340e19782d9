package io.eventcore.command;

import io.eventcore.Boundary;
import io.eventcore.StoredEvent;
import io.eventcore.StoredMatches;
import io.eventcore.internal.SharedEvent;
import java.util.ArrayList;
import java.util.List;
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
        List<SharedEvent> events = new ArrayList<>();
        long reserved = 0;
        boolean complete = false;
        try {
            for (StoredEvent event : read.events()) {
                long bytes = CacheBudget.bytes(event);
                if (events.size() >= StreamCache.MAX_EVENTS || !budget.reserve(bytes)) {
                    return Optional.empty();
                }
                reserved += bytes;
                events.add(new SharedEvent(event));
            }
            complete = true;
            return Optional.of(new FoundMatches(read.boundary(), events));
        } finally {
            if (!complete) {
                budget.release(reserved);
            }
        }
    }
}
