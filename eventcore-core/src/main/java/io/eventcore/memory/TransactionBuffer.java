package io.eventcore.memory;

import io.eventcore.StoredEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** What one transaction has appended and no other one may see yet. Its streams are locked, so they end with it. */
final class TransactionBuffer {
    private final Map<StreamId, List<StoredEvent>> byStream = new LinkedHashMap<>();
    private final MemoryTags tags = new MemoryTags();

    void add(List<StoredEvent> events) {
        events.forEach(event -> byStream.computeIfAbsent(event.streamId(), id -> new ArrayList<>())
                .add(event));
    }

    /** Takes back what was added last. */
    void remove(List<StoredEvent> events) {
        events.forEach(event -> byStream.computeIfPresent(event.streamId(), (id, own) -> {
            own.remove(own.size() - 1);
            return own.isEmpty() ? null : own;
        }));
    }

    /** Which tags the events carry. */
    MemoryTags tags() {
        return tags;
    }

    int size(StreamId streamId) {
        return own(streamId).size();
    }

    List<StoredEvent> eventsAfter(StreamId streamId, StreamVersion after) {
        return own(streamId).stream()
                .filter(event -> event.version().compareTo(after) > 0)
                .toList();
    }

    /** The streams it has brought into being or continued. */
    Set<StreamId> streams() {
        return byStream.keySet();
    }

    Optional<StoredEvent> find(StreamId streamId, StreamVersion version) {
        return own(streamId).stream()
                .filter(event -> event.version().equals(version))
                .findFirst();
    }

    private List<StoredEvent> own(StreamId streamId) {
        return byStream.getOrDefault(streamId, List.of());
    }
}
