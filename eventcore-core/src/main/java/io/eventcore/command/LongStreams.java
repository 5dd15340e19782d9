package io.eventcore.command;

import io.eventcore.StreamId;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Streams that are too long to be known, so that they need not be read to find out again: each by itself, or several together,
 * which a command reads at once.
 *
 * <p>Bounded; when it is full, it begins anew. One thread at a time adds and clears, any number of threads ask.
 */
final class LongStreams {
    /** How many ids are held at most. */
    private static final int MAX_IDS = 1_024;

    private final Set<Set<StreamId>> found = ConcurrentHashMap.newKeySet();
    private int ids;

    /** Whether one of these streams is too long, or all of them are together. */
    boolean areAmong(Set<StreamId> streams) {
        return !found.isEmpty()
                && (found.contains(streams) || streams.stream().anyMatch(id -> found.contains(Set.of(id))));
    }

    void add(Set<StreamId> streams) {
        if (streams.size() > MAX_IDS || found.contains(streams)) {
            return;
        }
        if (ids + streams.size() > MAX_IDS) {
            clear();
        }
        found.add(Set.copyOf(streams));
        ids += streams.size();
    }

    void clear() {
        found.clear();
        ids = 0;
    }
}
