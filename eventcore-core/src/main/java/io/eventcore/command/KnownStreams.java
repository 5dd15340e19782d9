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
import java.util.List;
import java.util.Map;

/**
 * Some streams as the next decision is to see them: the events that are stored, and behind them those that are about to
 * be, in the places they will have.
 *
 * <p>What is about to be stored has a position beyond all others until its own is known. Not safe for concurrent use.
 */
final class KnownStreams {
    /** No store ever gives away a position as high as this. */
    private static final long BEYOND_ALL = Long.MAX_VALUE / 2;

    private final Map<StreamId, Known> streams = new HashMap<>();
    private long nextBeyond = BEYOND_ALL;
    private long bytes;

    private static final class Known {
        private final long from;
        private final List<SharedEvent> events = new ArrayList<>();
        private final Deque<Long> expectedBytes = new ArrayDeque<>();
        private int stored;
        private long bytes;

        /** Knows the events after a version. */
        Known(long from) {
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
        Known known = streams.get(streamId);
        return known != null && known.from <= after.value();
    }

    boolean isKnown(StreamId streamId) {
        return streams.containsKey(streamId);
    }

    /** Whether something of this stream is about to be stored, so that nobody but this object knows its end. */
    boolean isExpected(StreamId streamId) {
        Known known = streams.get(streamId);
        return known != null && !known.isStored();
    }

    /**
     * After which versions to read so that these streams are known as they are now. Of a stream that is known its last
     * event is read again: a log that was set back may have come to the same version by other events.
     */
    Map<StreamId, StreamVersion> missing(Map<StreamId, StreamVersion> streamsAfter) {
        Map<StreamId, StreamVersion> missing = new HashMap<>(streamsAfter);
        missing.replaceAll((id, after) -> covers(id, after) ? StreamVersion.of(readAgainAfter(known(id))) : after);
        return missing;
    }

    private static long readAgainAfter(Known known) {
        return known.isStored() && known.stored > 0 ? known.version() - 1 : known.version();
    }

    /**
     * Learns what a read has found.
     *
     * @param readAfter after which versions it was read
     * @return false if the streams end before what is known of them, or hold something else there
     */
    boolean learn(Map<StreamId, StreamVersion> readAfter, FoundEvents found) {
        for (Map.Entry<StreamId, StreamVersion> stream : readAfter.entrySet()) {
            Known known = streams.get(stream.getKey());
            long after = stream.getValue().value();
            if (known == null || readAgainAfter(known) != after) {
                forget(stream.getKey());
                streams.put(stream.getKey(), new Known(after));
            }
        }
        for (StoredEvent event : found.events()) {
            Known known = known(event.streamId());
            if (event.version().value() <= known.version()) {
                if (!known.last().stored().id().equals(event.id())) {
                    return false;
                }
                continue;
            }
            known.events.add(new SharedEvent(event));
            known.stored++;
            add(known, ChainMemory.bytes(event));
        }
        return found.versions().entrySet().stream()
                .allMatch(stream -> stream.getValue().equals(version(stream.getKey())));
    }

    StreamVersion version(StreamId streamId) {
        Known known = streams.get(streamId);
        return StreamVersion.of(known == null ? 0 : known.version());
    }

    /** The events after these versions, in the order in which they will be read. */
    List<SharedEvent> eventsAfter(Map<StreamId, StreamVersion> streamsAfter) {
        List<SharedEvent> events = new ArrayList<>();
        streamsAfter.forEach((id, after) -> events.addAll(known(id).eventsAfter(after.value())));
        if (streamsAfter.size() > 1) {
            events.sort(Comparator.comparing(event -> event.stored().position()));
        }
        return events;
    }

    /** An event is about to be stored, in this form; its place is the one that only the folds of commands will see. */
    void expect(SharedEvent encoded) {
        long size = ChainMemory.bytes(encoded.stored());
        Known known = known(encoded.stored().streamId());
        known.expectedBytes.add(size);
        add(known, size);
        known.events.add(encoded.at(StreamVersion.of(known.version() + 1), GlobalPosition.of(nextBeyond++)));
    }

    /** The next events that were about to be stored are. */
    void stored(List<AppendedEvent> events) {
        for (AppendedEvent event : events) {
            Known known = known(event.streamId());
            SharedEvent expected = known.events.get(known.stored);
            known.events.set(known.stored++, expected.at(event.version(), event.position()));
            known.expectedBytes.remove();
        }
    }

    /** Nothing is about to be stored any more. */
    void dropExpected() {
        for (Known known : streams.values()) {
            known.events.subList(known.stored, known.events.size()).clear();
            known.expectedBytes.forEach(size -> add(known, -size));
            known.expectedBytes.clear();
        }
    }

    /** Forgets every stream of which nothing is about to be stored. */
    void forgetStored() {
        List.copyOf(streams.keySet()).forEach(this::forgetStored);
    }

    /** Forgets a stream if nothing of it is about to be stored. */
    void forgetStored(StreamId streamId) {
        if (!isExpected(streamId)) {
            forget(streamId);
        }
    }

    private void forget(StreamId streamId) {
        Known forgotten = streams.remove(streamId);
        if (forgotten != null) {
            bytes -= forgotten.bytes;
        }
    }

    private void add(Known known, long size) {
        known.bytes += size;
        bytes += size;
    }

    /** How many bytes are known, as the sizes that were given count them. */
    long bytes() {
        return bytes;
    }

    int streams() {
        return streams.size();
    }

    int events() {
        int events = 0;
        for (Known known : streams.values()) {
            events += known.events.size();
        }
        return events;
    }

    private Known known(StreamId streamId) {
        Known known = streams.get(streamId);
        if (known == null) {
            throw new IllegalStateException("Nothing is known of stream '" + streamId + "'");
        }
        return known;
    }
}
