package io.eventcore.test;

import io.eventcore.AppendLimits;
import io.eventcore.Event;
import io.eventcore.ExpectedVersion;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.memory.InMemoryEventStore;
import io.eventcore.serialization.EventSerializer;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * What has happened before a scenario begins: events in their order, each with its stream.
 *
 * @param begin when it began
 */
record GivenEvents(Instant begin, List<Given> events) {
    /**
     * An event, and the stream it is in.
     *
     * @param after how long after the beginning it has happened
     */
    record Given(StreamId streamId, Event event, Duration after) {}

    GivenEvents {
        events = List.copyOf(events);
    }

    static GivenEvents none() {
        return new GivenEvents(Instant.now().truncatedTo(ChronoUnit.MICROS), List.of());
    }

    /** After these, others that name their streams. */
    GivenEvents and(List<? extends Event> more) {
        return and(Duration.ZERO, more);
    }

    /** After these, others that name their streams, so long after the beginning. */
    GivenEvents and(Duration after, List<? extends Event> more) {
        List<Given> all = new ArrayList<>(events);
        more.forEach(event -> all.add(new Given(event.streamId(), event, after)));
        return new GivenEvents(begin, all);
    }

    /** After these, others in one stream. */
    GivenEvents and(StreamId streamId, List<? extends Event> more) {
        return and(Duration.ZERO, streamId, more);
    }

    /** After these, others in one stream, so long after the beginning. */
    GivenEvents and(Duration after, StreamId streamId, List<? extends Event> more) {
        Objects.requireNonNull(streamId, "streamId");
        List<Given> all = new ArrayList<>(events);
        more.forEach(event -> all.add(new Given(streamId, event, after)));
        return new GivenEvents(begin, all);
    }

    /** The streams of those that do not meet a condition. */
    Set<StreamId> streamsOfOthers(Predicate<Given> condition) {
        Set<StreamId> streams = new TreeSet<>(Comparator.comparing(StreamId::value));
        events.stream().filter(condition.negate()).forEach(given -> streams.add(given.streamId()));
        return streams;
    }

    /** A store that holds these events and no others. */
    InMemoryEventStore storedBy(EventSerializer serializer) {
        ShiftedClock clock = ShiftedClock.standingAt(begin);
        InMemoryEventStore store =
                new InMemoryEventStore(new EarlierEvents(serializer), AppendLimits.defaults(), clock);
        for (Given given : events) {
            clock.forwardTo(begin.plus(given.after()));
            store.appendEvents(StreamWrites.to(given.streamId(), ExpectedVersion.any(), given.event()));
        }
        return store;
    }
}
