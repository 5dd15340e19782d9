package io.eventcore.command;

import io.eventcore.StreamId;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Remembers which streams are too long to be known, so that no read has to find out again: each by itself, or several
 * together that a command reads at once.
 *
 * <p>Bounded: when it is full, it starts empty again. One thread at a time may add and clear; any number of threads may
 * ask.
 */
final class LongStreams {
    /** Upper limit for the ids. */
    private static final int MAX_IDS = 1_024;

    private final Set<Set<StreamId>> found = ConcurrentHashMap.newKeySet();
    private int ids;

    /** Whether one of these streams, or all of them together, are too long. */
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
