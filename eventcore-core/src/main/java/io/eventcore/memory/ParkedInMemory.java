package io.eventcore.memory;

import io.eventcore.StreamId;
import io.eventcore.projection.ParkedChange;
import io.eventcore.projection.ParkedStream;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.UnaryOperator;

/** The parked streams of a partition. Immutable: a change makes a new object. */
final class ParkedInMemory {
    static final ParkedInMemory NONE = new ParkedInMemory(new TreeMap<>());

    private final Map<StreamId, ParkedStream> streams;

    private ParkedInMemory(Map<StreamId, ParkedStream> streams) {
        this.streams = streams;
    }

    Collection<ParkedStream> all() {
        return streams.values();
    }

    boolean contains(StreamId streamId) {
        return streams.containsKey(streamId);
    }

    /** These and one more, in the place of what is known of that stream. */
    ParkedInMemory with(ParkedStream stream) {
        Map<StreamId, ParkedStream> next = new TreeMap<>(streams);
        next.put(stream.streamId(), stream);
        return new ParkedInMemory(next);
    }

    /** Something is asked for a stream that is among these. */
    ParkedInMemory asking(StreamId streamId, ParkedStream.Request request) {
        Map<StreamId, ParkedStream> next = new TreeMap<>(streams);
        next.computeIfPresent(streamId, (id, stream) -> stream.asking(request));
        return new ParkedInMemory(next);
    }

    /** What the changes make of these; empty if one of them is refused. */
    Optional<ParkedInMemory> after(List<ParkedChange> changes) {
        if (changes.isEmpty()) {
            return Optional.of(this);
        }
        Map<StreamId, ParkedStream> next = new TreeMap<>(streams);
        return changes.stream().allMatch(change -> carriesOut(next, change))
                ? Optional.of(new ParkedInMemory(next))
                : Optional.empty();
    }

    private static boolean carriesOut(Map<StreamId, ParkedStream> streams, ParkedChange change) {
        if (change instanceof ParkedChange.Parked now) {
            return streams.putIfAbsent(now.stream().streamId(), now.stream()) == null;
        }
        if (change instanceof ParkedChange.Queued more) {
            return replaces(streams, more.streamId(), more::of);
        }
        if (change instanceof ParkedChange.Changed changed) {
            ParkedStream actual = streams.get(changed.from().streamId());
            return actual != null && changed.isMetBy(actual) && replaces(streams, actual.streamId(), changed::of);
        }
        if (change instanceof ParkedChange.Released released) {
            ParkedStream actual = streams.get(released.stream().streamId());
            return actual != null && released.isMetBy(actual) && streams.remove(actual.streamId()) != null;
        }
        streams.clear();
        return true;
    }

    private static boolean replaces(
            Map<StreamId, ParkedStream> streams, StreamId streamId, UnaryOperator<ParkedStream> change) {
        return streams.computeIfPresent(streamId, (id, stream) -> change.apply(stream)) != null;
    }
}
