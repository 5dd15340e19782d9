package io.eventcore.command;

import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.internal.Nanos;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The streams that an executor knows from its own reads and appends, while there is room for them.
 *
 * <p>Known events were stored, and events never change: a stream is as it is known, or longer. The store confirms to a
 * command that decides on a known stream that it is not longer. Only a log that was set back may hold other events; see
 * {@link SureLog}.
 *
 * <p>A stream that becomes hot is handed over to the cache of its queue. Safe for any number of threads.
 */
final class KnownStreams {
    /** How many bytes a stream counts for besides its events. */
    private static final long BYTES_PER_STREAM = 256;

    /** No stream takes more than this fraction of the room. */
    private static final int SHARE_OF_ONE = 8;

    /** If more than this fraction of the checks finds a stream changed, every stream must first be found unchanged. */
    private static final double DOUBTFUL = 1.0 / 16;

    /** How much a single check of a stream changes the average. */
    private static final double WEIGHT = 1.0 / 128;

    private final CacheBudget budget;
    private final SureLog log;
    private final Map<StreamId, Entry> streams = new ConcurrentHashMap<>();
    private final LongStreams tooLong = new LongStreams();

    /** All entries, least recently used first; an entry that was used meanwhile gets a second chance. */
    private final Queue<Entry> oldest = new ConcurrentLinkedQueue<>();

    /** The fraction of checks that found a stream changed; threads may overwrite each other's updates. */
    private volatile double changed;

    /** Grows when everything is forgotten: streams that were read before that are no longer learned. */
    private volatile long generation;

    private volatile boolean blind;

    KnownStreams(WarmStreamSettings settings, LongSupplier nanoTime) {
        this.budget = CacheBudget.of(settings.maxBytes());
        this.log = new SureLog(Nanos.of(settings.logCheckedWithin()), nanoTime);
    }

    /** A stream; all but {@code used} is guarded by the entry. */
    private static final class Entry {
        private final StreamId id;
        private final GuessRecord guesses = new GuessRecord();
        private @Nullable KnownStream known;
        private boolean gone;
        private volatile boolean used;

        Entry(StreamId id) {
            this.id = id;
        }
    }

    /** Whether the log is still the one from which the streams are known. */
    SureLog log() {
        return log;
    }

    /** Whether the store does not return events in stored form, so that none can be remembered. */
    boolean isBlind() {
        return blind;
    }

    void becomeBlind() {
        blind = true;
    }

    /** Identifies the current knowledge; a stream that was read under another number is not learned. */
    long generation() {
        return generation;
    }

    /** What is known of these streams; unknown streams are not in the result. */
    Map<StreamId, KnownStream> find(Collection<StreamId> ids) {
        Map<StreamId, KnownStream> found = new HashMap<>();
        for (StreamId id : ids) {
            Entry entry = streams.get(id);
            if (entry != null) {
                entry.used = true;
                synchronized (entry) {
                    if (entry.known != null) {
                        found.put(id, entry.known);
                    }
                }
            }
        }
        return found;
    }

    /** Whether these known streams are so likely to be unchanged that it is better not to read them first. */
    boolean areTrusted(Collection<StreamId> ids) {
        boolean doubtful = changed > DOUBTFUL;
        for (StreamId id : ids) {
            Entry entry = streams.get(id);
            if (entry == null) {
                return false;
            }
            synchronized (entry) {
                if (!entry.guesses.isTrusted(doubtful)) {
                    return false;
                }
            }
        }
        return true;
    }

    /** Hears that the store has confirmed a stream as it is known. */
    void wasUnchanged(StreamId id) {
        double before = changed;
        changed = before - before * WEIGHT;
        Entry entry = streams.get(id);
        if (entry != null) {
            synchronized (entry) {
                entry.guesses.wasUnchanged();
            }
        }
    }

    /**
     * Hears that the store has shown a known stream to be outdated. {@code guessed}: whether it did so by refusing an
     * append.
     */
    void wasChanged(StreamId id, boolean guessed) {
        double before = changed;
        changed = before + (1 - before) * WEIGHT;
        Entry entry = streams.get(id);
        if (entry != null) {
            synchronized (entry) {
                entry.guesses.wasChanged(guessed);
            }
        }
    }

    /** Whether more of a stream is known than this version. */
    boolean isKnownBeyond(StreamId id, StreamVersion version) {
        Entry entry = streams.get(id);
        if (entry == null) {
            return false;
        }
        synchronized (entry) {
            return entry.known != null && entry.known.version().compareTo(version) > 0;
        }
    }

    /** Whether there could ever be room for this many events. */
    private boolean mayHold(int events, long bytes) {
        return events <= StreamCache.MAX_EVENTS && bytes <= budget.maxBytes() / SHARE_OF_ONE;
    }

    /**
     * Learns a stream with all its events, each of which is stored. A stream for which there is no room is no longer
     * known.
     *
     * @param asOf the {@link #generation} before the first of them was read or appended
     */
    void learn(StreamId id, KnownStream known, long asOf) {
        if (known.size() == 0) {
            return;
        }
        if (!mayHold(known.size(), known.bytes())) {
            wereTooLong(Set.of(id), asOf);
            return;
        }
        Entry entry = entry(id);
        synchronized (entry) {
            if (entry.gone || asOf != generation || (entry.known != null && entry.known.size() >= known.size())) {
                return;
            }
            budget.take(known.bytes() - bytesOf(entry));
            entry.known = known;
        }
        log.learn(known.event(known.size()));
        makeRoom();
    }

    private Entry entry(StreamId id) {
        Entry known = streams.get(id);
        if (known != null) {
            return known;
        }
        Entry entry = new Entry(id);
        Entry before = streams.putIfAbsent(id, entry);
        if (before != null) {
            return before;
        }
        budget.take(BYTES_PER_STREAM);
        oldest.add(entry);
        return entry;
    }

    private static long bytesOf(Entry entry) {
        return entry.known == null ? 0 : entry.known.bytes();
    }

    private void makeRoom() {
        // Other threads may mark an entry that this thread passes over as used again: the second time, it is evicted
        // all the same.
        int passes = 2 * streams.size();
        while (budget.isExceeded()) {
            Entry entry = oldest.poll();
            if (entry == null) {
                return;
            }
            if (entry.used && passes-- > 0) {
                entry.used = false;
                oldest.add(entry);
            } else {
                remove(entry);
            }
        }
    }

    private void remove(Entry entry) {
        synchronized (entry) {
            entry.gone = true;
            budget.release(BYTES_PER_STREAM + bytesOf(entry));
            entry.known = null;
        }
        streams.remove(entry.id, entry);
    }

    /** Removes and returns what is known of a stream, which another cache holds from now on. */
    @Nullable
    KnownStream take(StreamId id) {
        Entry entry = streams.get(id);
        return entry == null ? null : forget(entry);
    }

    /** Forgets the events of a stream. */
    void forget(StreamId id) {
        take(id);
    }

    private @Nullable KnownStream forget(Entry entry) {
        synchronized (entry) {
            KnownStream known = entry.known;
            budget.release(bytesOf(entry));
            entry.known = null;
            return known;
        }
    }

    /** Hears that an append from which nothing was learned has brought a stream to this version. */
    void hasCome(StreamId id, StreamVersion version) {
        Entry entry = streams.get(id);
        if (entry != null) {
            synchronized (entry) {
                if (entry.known != null && entry.known.version().compareTo(version) < 0) {
                    forget(entry);
                }
            }
        }
    }

    /** Whether one of these streams, or all of them together, were found too long to be known. */
    boolean wasTooLong(Set<StreamId> ids) {
        return tooLong.areAmong(ids);
    }

    /**
     * Hears that a stream, or several together, were found too long to be known: they never become shorter. Forgets
     * what is known of them, since it would be found outdated each time.
     *
     * @param asOf as in {@link #learn}
     */
    synchronized void wereTooLong(Set<StreamId> ids, long asOf) {
        if (asOf == generation) {
            tooLong.add(ids);
            ids.forEach(this::forget);
        }
    }

    /** Forgets the events of all streams. */
    synchronized void forgetAll() {
        generation++;
        streams.values().forEach(this::forget);
        tooLong.clear();
        log.forget();
    }

    /** The estimated bytes of the streams. */
    long bytes() {
        return budget.used();
    }

    /** How many streams are remembered; the events of some may be forgotten. */
    int size() {
        return streams.size();
    }
}
