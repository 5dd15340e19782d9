package io.eventcore.command;

import io.eventcore.Boundary;
import io.eventcore.Event;
import io.eventcore.EventRoundTrip;
import io.eventcore.EventStore;
import io.eventcore.EventStreamSlice;
import io.eventcore.ExpectedVersion;
import io.eventcore.NewEvent;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.StreamWrites;
import io.eventcore.internal.Combiner;
import io.eventcore.internal.SharedEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A decision that is about to be stored, after those that it rests on. The thread that waits for its outcome makes it.
 */
final class PendingDecision extends Combiner.Ticket<PendingDecision.Outcome> {
    /**
     * No tag ever has this many events, so the store refuses an append that rests on this number, unless the append is
     * already stored.
     */
    private static final long NEVER_REACHED = Long.MAX_VALUE / 2;

    private final StreamWrites writes;
    private final List<CachedItem> items;
    private final boolean holds;
    private final List<PendingEvent> events;

    /** What the append of its group rests on; changed by the thread that leads the group, before the group is sent. */
    private List<Boundary.Seen> seenWhenSent = List.of();

    /** Changed with the lock of its line held. */
    private boolean lost;

    /** Changed by the thread that leads its group, before the group ends. */
    private boolean sent;

    /** How a decision has ended. */
    sealed interface Outcome {
        /** What the decision wrote; throws the failure if it was not stored. */
        EventStreamSlice slice();

        /** The decision is stored. */
        record Stored(EventStreamSlice slice) implements Outcome {}

        /** The decision is not stored, or that is not known. */
        record Failed(Throwable failure) implements Outcome {
            @Override
            public EventStreamSlice slice() {
                throw asItIs(failure);
            }

            /** A store may throw an undeclared exception; its caller receives that unchanged. */
            @SuppressWarnings("unchecked")
            private static <T extends Throwable> RuntimeException asItIs(Throwable failure) throws T {
                throw (T) failure;
            }
        }

        /** Whether {@link #decideAgain} has made it. */
        default boolean isDecidedAgain() {
            return this instanceof Failed failed && failed.failure() instanceof DecideAgainException;
        }

        /** Something that the decision rests on was not stored. */
        static Outcome decideAgain() {
            return new Failed(new DecideAgainException(false));
        }
    }

    private PendingDecision(StreamWrites writes, List<CachedItem> items, boolean holds, List<PendingEvent> events) {
        this.writes = writes;
        this.items = items;
        this.holds = holds;
        this.events = events;
    }

    /**
     * A decision to put in line.
     *
     * @param items what it rests on besides streams; the boundary of the writes stands for them
     * @param holds whether it is better not to send it while other commands are about to join: they must read, and
     *     cannot while its group is in progress
     * @throws DecideAgainException if no other command could decide on top of it, since it cannot be read back or holds
     *     personal data
     */
    static PendingDecision of(StreamWrites writes, List<CachedItem> items, boolean holds, EventRoundTrip roundTrip) {
        List<PendingEvent> events = new ArrayList<>(writes.events().size());
        try {
            for (NewEvent event : writes.events()) {
                SharedEvent encoded = new SharedEvent(roundTrip.encode(event));
                if (encoded.decode().stream().anyMatch(RecordedEvent::holdsPersonalData)) {
                    // The store seals the event, and nothing may keep it unsealed.
                    throw new DecideAgainException(true);
                }
                events.add(new PendingEvent(event, encoded));
            }
        } catch (RuntimeException notToBeReadBack) {
            // The append of this decision alone reports what is wrong.
            throw new DecideAgainException(true);
        }
        return new PendingDecision(writes, items, holds, events);
    }

    StreamWrites writes() {
        return writes;
    }

    /** What it rests on besides the versions of streams. */
    List<CachedItem> items() {
        return items;
    }

    /** Whether it rests on a query, and its streams are items of that query. */
    boolean isOnQuery() {
        return !items.isEmpty();
    }

    List<PendingEvent> pendingEvents() {
        return events;
    }

    /** The writes, resting on boundaries that are true of what is stored. */
    StreamWrites restingOn(List<Boundary> boundaries) {
        if (boundaries.isEmpty() && writes.boundaries().isEmpty()) {
            return writes;
        }
        StreamWrites resting = StreamWrites.empty().withMetadata(writes.metadata());
        for (Map.Entry<StreamId, ExpectedVersion> stream : writes.streams().entrySet()) {
            resting = resting.registerStream(stream.getKey(), stream.getValue());
        }
        for (NewEvent event : writes.events()) {
            resting = resting.append(event);
        }
        for (Boundary boundary : boundaries) {
            resting = resting.restingOn(boundary);
        }
        return resting;
    }

    /**
     * An append of this decision alone, after its group was sent. If the decision is stored, the append finds it. If
     * not, the store refuses a decision on tags. It would store a decision on streams alone, so call this only if
     * everything that the decision rests on is stored.
     */
    StreamWrites settlingWrites() {
        if (!isOnQuery()) {
            return writes;
        }
        List<Boundary> never = new ArrayList<>();
        for (int i = 0; i < items.size(); i++) {
            Boundary.Seen seen = seenWhenSent.get(i);
            never.add(items.get(i).boundary(new Boundary.Seen(NEVER_REACHED, seen.lastPosition())));
        }
        return restingOn(never);
    }

    int events() {
        return events.size();
    }

    /** Whether the store holds its first event at the expected version. */
    boolean isIn(EventStore store) {
        if (events.isEmpty()) {
            return false;
        }
        NewEvent first = writes.events().get(0);
        StreamId id = first.streamId();
        if (!(writes.streams().get(id) instanceof ExpectedVersion.Exactly expected)) {
            throw new IllegalStateException("A decision on streams expects the version of each");
        }
        for (RecordedEvent<Event> next : store.readStreams(Map.of(id, expected.version()), Event.class)) {
            return next.id().equals(first.id());
        }
        return false;
    }

    /** How many bytes its events count for in a cache. */
    long bytes() {
        long bytes = 0;
        for (PendingEvent event : events) {
            bytes += event.bytes();
        }
        return bytes;
    }

    /**
     * Makes its events visible to the commands that decide next, encoded and decoded as if they were stored and read.
     */
    void showIn(StreamCache streams, QueryCache queries) {
        for (PendingEvent event : events) {
            // No fold sees the version, which is not known if the stream is written in any version.
            SharedEvent seenAs = isOnQuery()
                    ? event.encoded().at(StreamVersion.of(1), streams.nextBeyond())
                    : streams.addPending(event.encoded());
            queries.addPending(event, seenAs, isOnQuery());
        }
    }

    /** Whether it is better not to send it while other commands are about to join. */
    boolean holds() {
        return holds;
    }

    /** Hears that something it rests on will not be stored. */
    void lose() {
        lost = true;
    }

    boolean isLost() {
        return lost;
    }

    /** Hears that its group is about to be appended. */
    void send() {
        if (isOnQuery()) {
            seenWhenSent = items.stream().map(CachedItem::seen).toList();
        }
        sent = true;
    }

    boolean isSent() {
        return sent;
    }
}
