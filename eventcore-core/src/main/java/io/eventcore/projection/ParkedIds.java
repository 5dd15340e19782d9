package io.eventcore.projection;

import io.eventcore.StreamId;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Which streams a partition has parked: all of their ids while they are few; otherwise it asks the store about the
 * streams of each page. Only the holder of the partition's lease changes them, so what was read stays true until the
 * tables are restored: if that may have happened, they are read again.
 *
 * <p>Used by one thread.
 */
final class ParkedIds {
    /** So many are remembered, about a megabyte of the longest ids. */
    static final int REMEMBERED = 1_000;

    private final CheckpointStore store;
    private final ProjectionPartition partition;
    private final int remembered;

    /** All of them, or those of the page in hand. */
    private final Set<StreamId> ids = new HashSet<>();

    private boolean all;

    ParkedIds(CheckpointStore store, ProjectionPartition partition, int remembered) {
        this.store = store;
        this.partition = partition;
        this.remembered = remembered;
        read();
    }

    /** Reads them, up to one more than are remembered: that one tells that there are too many. */
    void read() {
        List<StreamId> first = store.parkedIds(partition, remembered + 1);
        ids.clear();
        all = first.size() <= remembered;
        if (all) {
            ids.addAll(first);
        }
    }

    /** After many were released: they may be few again. */
    void readIfUnknown() {
        if (!all) {
            read();
        }
    }

    /** Whether there may be any. */
    boolean mayBeAny() {
        return !all || !ids.isEmpty();
    }

    /** Begins a page: from now on it is known of its streams. Not to be called in a transaction, for it may need a connection. */
    void lookFor(Set<StreamId> streams) {
        if (!all) {
            ids.clear();
            ids.addAll(store.parkedAmong(partition, streams));
        }
    }

    /** Whether a stream of the current page is parked. */
    boolean contains(StreamId streamId) {
        return ids.contains(streamId);
    }

    /** Whether a stream is known not to be parked. */
    boolean excludes(StreamId streamId) {
        return all && !ids.contains(streamId);
    }

    void add(StreamId streamId) {
        ids.add(streamId);
        // What is known of the page in hand stays; the next one is asked for.
        all = all && ids.size() <= remembered;
    }

    void remove(StreamId streamId) {
        ids.remove(streamId);
    }
}
