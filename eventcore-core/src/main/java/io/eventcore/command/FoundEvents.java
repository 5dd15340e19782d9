package io.eventcore.command;

import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.UndecodedEvent;
import java.util.List;
import java.util.Map;

/**
 * What a read of streams has found, to be kept for the commands that come next.
 *
 * @param versions the version of each stream
 * @param events the events in global order
 * @param sizes how many bytes each of them counts for
 */
record FoundEvents(Map<StreamId, StreamVersion> versions, List<UndecodedEvent> events, List<Long> sizes) {
    long bytes() {
        return sizes.stream().mapToLong(Long::longValue).sum();
    }
}
