package io.eventcore.projection;

import io.eventcore.StreamId;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Which streams a partition has parked: all of their ids while they are few; otherwise it asks the store about the
 * streams of each page. Only the holder of the partition's lease changes them, so what was read stays true until the
 * tables are restored. If they may have been, the ids are read again.
 *
 * <p>Used by one thread.
 */
final class ParkedIds {
    /** How many ids are remembered: about a megabyte of the longest ones. */
    static final int REMEMBERED = 1_000;

    private final CheckpointStore store;
    private final ProjectionPartition partition;
    private final int remembered;

    /** All ids, or those of the current page. */
    private final Set<StreamId> ids = new HashSet<>();

    private boolean all;

    ParkedIds(CheckpointStore store, ProjectionPartition partition, int remembered) {
        this.store = store;
        this.partition = partition;
        this.remembered = remembered;
        read();
    }

    /** Reads the ids, up to one more than are remembered: the last one shows that there are too many. */
    void read() {
        List<StreamId> first = store.parkedIds(partition, remembered + 1);
        ids.clear();
        all = first.size() <= remembered;
        if (all) {
            ids.addAll(first);
        }
    }

    /** Reads the ids if they were too many: after many streams were released, they may be few again. */
    void readIfUnknown() {
        if (!all) {
            read();
        }
    }

    /** Whether any stream may be parked. */
    boolean mayBeAny() {
        return !all || !ids.isEmpty();
    }

    /**
     * Begins a page: from now on, it is known which of its streams are parked. Do not call this in a transaction: it
     * may need a connection.
     */
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
        // The ids of the current page stay; the next page asks the store.
        all = all && ids.size() <= remembered;
    }

    void remove(StreamId streamId) {
        ids.remove(streamId);
    }
}
