package io.eventcore.command;

import io.eventcore.EventStreamReader;
import io.eventcore.StoredEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a read of streams has found, for the cache.
 *
 * @param versions the version of each stream
 * @param events the events in global order; room for them is reserved in the budget
 */
record FoundEvents(Map<StreamId, StreamVersion> versions, List<StoredEvent> events) {
    /** How many bytes the events count for. */
    long bytes() {
        return events.stream().mapToLong(CacheBudget::bytes).sum();
    }

    /**
     * Collects the events of a read while there is room.
     *
     * @param after the versions after which the streams were read
     * @return empty if there was not enough room, or the store does not return events in stored form; then nothing is
     *     reserved
     */
    static Optional<FoundEvents> of(Map<StreamId, StreamVersion> after, EventStreamReader<?> read, CacheBudget budget) {
        Optional<? extends Iterable<StoredEvent>> stored = read.stored();
        if (stored.isEmpty() || isTooLong(after, read)) {
            return Optional.empty();
        }
        List<StoredEvent> events = new ArrayList<>();
        long reserved = 0;
        boolean complete = false;
        try {
            for (StoredEvent event : stored.get()) {
                long bytes = CacheBudget.bytes(event);
                if (!budget.reserve(bytes)) {
                    return Optional.empty();
                }
                reserved += bytes;
                events.add(event);
            }
            complete = true;
            return Optional.of(new FoundEvents(read.versions(), events));
        } finally {
            if (!complete) {
                budget.release(reserved);
            }
        }
    }

    private static boolean isTooLong(Map<StreamId, StreamVersion> after, EventStreamReader<?> read) {
        long events = 0;
        for (Map.Entry<StreamId, StreamVersion> stream : after.entrySet()) {
            events += read.version(stream.getKey()).value() - stream.getValue().value();
        }
        return events > StreamCache.MAX_EVENTS;
    }
}
