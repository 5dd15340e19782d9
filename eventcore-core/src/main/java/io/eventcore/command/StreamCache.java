package io.eventcore.command;

import io.eventcore.AppendedEvent;
import io.eventcore.GlobalPosition;
import io.eventcore.StoredEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.internal.SharedEvent;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Streams as the next decision must see them: the stored events, and after them the pending ones, in the places that
 * they will have.
 *
 * <p>A pending event has a position after all others until its own is known. Not safe for concurrent use.
 */
final class StreamCache {
    /** Upper limit for the events of a cache. */
    static final int MAX_EVENTS = 16_384;

    /** Upper limit for the streams of a cache. */
    static final int MAX_STREAMS = 64;

    /** No store ever assigns a position as high as this. */
    private static final long BEYOND_ALL = Long.MAX_VALUE / 2;

    private static final long NEVER = -1;

    private final CacheBudget budget;
    private final Map<StreamId, CachedStream> streams = new HashMap<>();

    /** Streams that are too large to be cached, remembered so that no read has to find out again. */
    private final Set<StreamId> tooLarge = new HashSet<>();

    private long nextBeyond = BEYOND_ALL;
    private long bytes;

    /** How often the whole cache became doubtful. */
    private long doubts;

    /** How much of the budget this cache has reserved. */
    private long reserved;

    StreamCache(CacheBudget budget) {
        this.budget = budget;
    }

    private static final class CachedStream {
        private final long from;
        private final List<SharedEvent> events = new ArrayList<>();
        private final Deque<Long> pendingBytes = new ArrayDeque<>();
        private int stored;
        private long bytes;

        /** The value of {@link #doubts} when the stream was last known to be as it is cached. */
        private long sureSince;

        /** Holds the events after a version. */
        CachedStream(long from) {
            this.from = from;
        }

        long version() {
            return from + events.size();
        }

        boolean isStored() {
            return stored == events.size();
        }

        SharedEvent last() {
            return events.get(events.size() - 1);
        }

        List<SharedEvent> eventsAfter(long version) {
            return events.subList((int) Math.min(version - from, events.size()), events.size());
        }
    }

    /** Whether a position stands for one that is not known yet. */
    static boolean isBeyondAll(GlobalPosition position) {
        return position.value() >= BEYOND_ALL;
    }

    boolean cover(Map<StreamId, StreamVersion> streamsAfter) {
        for (Map.Entry<StreamId, StreamVersion> stream : streamsAfter.entrySet()) {
            if (!covers(stream.getKey(), stream.getValue())) {
                return false;
            }
        }
        return true;
    }

    private boolean covers(StreamId streamId, StreamVersion after) {
        CachedStream cached = streams.get(streamId);
        return cached != null && cached.from <= after.value();
    }

    /**
     * Hears that an attempt bypasses this cache, and may append to any stream. A decision on top of the cached events
     * would be lost, and so would all decisions in the same append.
     */
    void doubt() {
        doubts++;
    }

    /** Whether these streams are cached, and were seen as they are cached since the last doubt. */
    boolean isSureOf(Map<StreamId, StreamVersion> streamsAfter) {
        return cover(streamsAfter)
                && streamsAfter.keySet().stream().allMatch(id -> isPending(id) || cached(id).sureSince == doubts);
    }

    boolean contains(StreamId streamId) {
        return streams.containsKey(streamId);
    }

    /** Whether events of this stream are pending, so that only this cache knows its end. */
    boolean isPending(StreamId streamId) {
        CachedStream cached = streams.get(streamId);
        return cached != null && !cached.isStored();
    }

    /**
     * Whether an attempt needs more of a stream than is cached, while events of it are pending: events from a read
     * could not be put in front of the cached ones.
     */
    boolean lackBeginnings(Map<StreamId, StreamVersion> streamsAfter) {
        return streamsAfter.entrySet().stream()
                .anyMatch(stream -> isPending(stream.getKey()) && !covers(stream.getKey(), stream.getValue()));
    }

    /**
     * The versions after which to read, so that these streams are cached as they are now. The last event of a cached
     * stream is read again: a log that was set back may have reached the same version with other events.
     */
    Map<StreamId, StreamVersion> missing(Map<StreamId, StreamVersion> streamsAfter) {
        Map<StreamId, StreamVersion> missing = new HashMap<>(streamsAfter);
        missing.replaceAll((id, after) -> covers(id, after) ? StreamVersion.of(readAgainAfter(cached(id))) : after);
        return missing;
    }

    private static long readAgainAfter(CachedStream cached) {
        return cached.isStored() && cached.stored > 0 ? cached.version() - 1 : cached.version();
    }

    /**
     * Adds a stream that is not cached, as another cache knew it, if there is room. Before its next use, a read returns
     * its last event and the later ones.
     */
    void seed(StreamId streamId, KnownStream known) {
        if (!reserve(known.bytes())) {
            return;
        }
        CachedStream cached = new CachedStream(0);
        cached.events.addAll(known.events());
        cached.stored = known.size();
        cached.sureSince = NEVER;
        streams.put(streamId, cached);
        count(cached, known.bytes());
    }

    /** Whether one of these streams was too large for the cache. */
    boolean isTooLarge(Set<StreamId> streamIds) {
        return streamIds.stream().anyMatch(tooLarge::contains);
    }

    /** Stops caching these streams, and makes room. */
    void refuse(Set<StreamId> streamIds) {
        if (tooLarge.size() + streamIds.size() > MAX_STREAMS) {
            tooLarge.clear();
        }
        if (streamIds.size() <= MAX_STREAMS) {
            tooLarge.addAll(streamIds);
        }
        evictStored();
    }

    /**
     * Adds what a read has found.
     *
     * @param readAfter the versions after which it was read
     * @return false if the streams end before their cached events, or hold other events there; then no stored event is
     *     cached
     */
    boolean add(Map<StreamId, StreamVersion> readAfter, FoundEvents found) {
        reserved += found.bytes();
        boolean complete = addAll(readAfter, found);
        if (complete) {
            balance();
        } else {
            evictStored();
        }
        return complete;
    }

    private boolean addAll(Map<StreamId, StreamVersion> readAfter, FoundEvents found) {
        for (Map.Entry<StreamId, StreamVersion> stream : readAfter.entrySet()) {
            CachedStream cached = streams.get(stream.getKey());
            long after = stream.getValue().value();
            if (cached == null || readAgainAfter(cached) != after) {
                remove(stream.getKey());
                streams.put(stream.getKey(), new CachedStream(after));
            }
            cached(stream.getKey()).sureSince = doubts;
        }
        for (StoredEvent event : found.events()) {
            CachedStream cached = cached(event.streamId());
            if (event.version().value() <= cached.version()) {
                if (!cached.last().stored().id().equals(event.id())) {
                    return false;
                }
                continue;
            }
            cached.events.add(new SharedEvent(event));
            cached.stored++;
            count(cached, CacheBudget.bytes(event));
        }
        return found.versions().entrySet().stream()
                .allMatch(stream -> stream.getValue().equals(version(stream.getKey())));
    }

    StreamVersion version(StreamId streamId) {
        CachedStream cached = streams.get(streamId);
        return StreamVersion.of(cached == null ? 0 : cached.version());
    }

    /** The events after these versions, in the order in which a reader will see them. */
    List<SharedEvent> eventsAfter(Map<StreamId, StreamVersion> streamsAfter) {
        List<SharedEvent> events = new ArrayList<>();
        streamsAfter.forEach((id, after) -> events.addAll(cached(id).eventsAfter(after.value())));
        if (streamsAfter.size() > 1) {
            events.sort(Comparator.comparing(event -> event.stored().position()));
        }
        return events;
    }

    /** Reserves room for pending events; false if there is none. */
    boolean reserve(long moreBytes) {
        if (!budget.reserve(moreBytes)) {
            return false;
        }
        reserved += moreBytes;
        return true;
    }

    /**
     * Adds a pending event, for which room was reserved. Only the folds of commands see its temporary place.
     *
     * @return the event in that place
     */
    SharedEvent addPending(SharedEvent encoded) {
        CachedStream cached = cached(encoded.stored().streamId());
        SharedEvent pending = encoded.at(StreamVersion.of(cached.version() + 1), nextBeyond());
        long size = CacheBudget.bytes(encoded.stored());
        cached.events.add(pending);
        cached.pendingBytes.add(size);
        count(cached, size);
        return pending;
    }

    /** A position after all stored and pending events. */
    GlobalPosition nextBeyond() {
        return GlobalPosition.of(nextBeyond++);
    }

    /** Hears that the first of the pending events are stored. */
    void stored(List<AppendedEvent> events) {
        for (AppendedEvent event : events) {
            CachedStream cached = cached(event.streamId());
            SharedEvent pending = cached.events.get(cached.stored);
            cached.events.set(cached.stored++, pending.at(event.version(), event.position()));
            cached.pendingBytes.remove();
            cached.sureSince = doubts;
        }
    }

    /** Drops the pending events: they will not be stored. */
    void dropPending() {
        for (CachedStream cached : streams.values()) {
            cached.events.subList(cached.stored, cached.events.size()).clear();
            cached.pendingBytes.forEach(size -> count(cached, -size));
            cached.pendingBytes.clear();
        }
        balance();
    }

    /** Evicts every stream without pending events, and forgets which ones were too large. */
    void clear() {
        tooLarge.clear();
        evictStored();
    }

    /** Evicts every stream without pending events. */
    void evictStored() {
        for (StreamId streamId : List.copyOf(streams.keySet())) {
            if (!isPending(streamId)) {
                remove(streamId);
            }
        }
        balance();
    }

    /** Evicts a stream if it has no pending events, and forgets that it was too large. */
    void evict(StreamId streamId) {
        tooLarge.remove(streamId);
        if (!isPending(streamId)) {
            remove(streamId);
        }
        balance();
    }

    private void remove(StreamId streamId) {
        CachedStream removed = streams.remove(streamId);
        if (removed != null) {
            bytes -= removed.bytes;
        }
    }

    private void count(CachedStream cached, long size) {
        cached.bytes += size;
        bytes += size;
    }

    /** Gives back the part of the budget that is reserved and not used. */
    private void balance() {
        budget.release(reserved - bytes);
        reserved = bytes;
    }

    /** Whether nothing is cached, and nothing is about to be. */
    boolean isEmpty() {
        return reserved == 0;
    }

    /** Whether it holds more streams than it should keep. */
    boolean hasTooManyStreams() {
        return streams.size() > MAX_STREAMS;
    }

    /** Whether it holds more events than it should keep. */
    boolean hasTooManyEvents() {
        int events = 0;
        for (CachedStream cached : streams.values()) {
            events += cached.events.size();
        }
        return events > MAX_EVENTS;
    }

    private CachedStream cached(StreamId streamId) {
        CachedStream cached = streams.get(streamId);
        if (cached == null) {
            throw new IllegalStateException("Stream '" + streamId + "' is not cached");
        }
        return cached;
    }
}
