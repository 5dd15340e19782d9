package io.eventcore.command;

import io.eventcore.StoredEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import java.util.List;
import java.util.Map;

/**
 * What a read of streams has found, to be kept for the commands that come next.
 *
 * @param versions the version of each stream
 * @param events the events in global order
 */
record FoundEvents(Map<StreamId, StreamVersion> versions, List<StoredEvent> events) {
    /** What they count for. */
    long bytes() {
        return events.stream().mapToLong(ChainMemory::bytes).sum();
    }
}
