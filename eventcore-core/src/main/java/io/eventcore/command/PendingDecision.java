package io.eventcore.command;

import io.eventcore.EventRoundTrip;
import io.eventcore.EventStreamSlice;
import io.eventcore.NewEvent;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamWrites;
import io.eventcore.internal.Combiner;
import io.eventcore.internal.SharedEvent;
import java.util.ArrayList;
import java.util.List;

/** A decision that is about to be stored, after those that it rests on. Made by the thread that waits for its outcome. */
final class PendingDecision extends Combiner.Ticket<PendingDecision.Outcome> {
    private final StreamWrites writes;
    private final boolean holds;
    private final List<SharedEvent> events;

    /** Changed with the lock of its line held. */
    private boolean lost;

    /** Changed by the thread that leads its group, before the group ends. */
    private boolean sent;

    /** How a decision has ended. */
    sealed interface Outcome {
        /** What it wrote; throws what went wrong otherwise. */
        EventStreamSlice slice();

        /** It is stored. */
        record Stored(EventStreamSlice slice) implements Outcome {}

        /** It is not, or that is not known. */
        record Failed(Throwable failure) implements Outcome {
            @Override
            public EventStreamSlice slice() {
                throw asItIs(failure);
            }

            /** A store may throw what no store declares; its caller gets that as if nothing stood between them. */
            @SuppressWarnings("unchecked")
            private static <T extends Throwable> RuntimeException asItIs(Throwable failure) throws T {
                throw (T) failure;
            }
        }

        /** Something it rests on did not come about. */
        static Outcome decideAgain() {
            return new Failed(new DecideAgainException(false));
        }
    }

    private PendingDecision(StreamWrites writes, boolean holds, List<SharedEvent> events) {
        this.writes = writes;
        this.holds = holds;
        this.events = events;
    }

    /**
     * A decision to be put in line.
     *
     * @param holds whether it is better not sent while other commands are about to join: they have to read, and cannot
     *     while its group is under way
     * @throws DecideAgainException if no other command could decide on top of it, since it cannot be read back or
     *     holds personal data
     */
    static PendingDecision of(StreamWrites writes, boolean holds, EventRoundTrip roundTrip) {
        List<SharedEvent> events = new ArrayList<>(writes.events().size());
        try {
            for (NewEvent event : writes.events()) {
                SharedEvent encoded = new SharedEvent(roundTrip.encode(event));
                if (encoded.decode().stream().anyMatch(RecordedEvent::holdsPersonalData)) {
                    // It is sealed when it is stored, and must not be kept as it is before.
                    throw new DecideAgainException(true);
                }
                events.add(encoded);
            }
        } catch (RuntimeException notToBeReadBack) {
            // What is wrong with it, its own append will say.
            throw new DecideAgainException(true);
        }
        return new PendingDecision(writes, holds, events);
    }

    StreamWrites writes() {
        return writes;
    }

    int events() {
        return events.size();
    }

    /** How many bytes its events count for in a cache. */
    long bytes() {
        long bytes = 0;
        for (SharedEvent event : events) {
            bytes += CacheBudget.bytes(event.stored());
        }
        return bytes;
    }

    /** Shows its events to the commands that decide next. They lose or gain what they do when they are stored and read. */
    void showIn(StreamCache cache) {
        events.forEach(cache::addPending);
    }

    boolean holds() {
        return holds;
    }

    /** Something it rests on will not be stored. */
    void lose() {
        lost = true;
    }

    boolean isLost() {
        return lost;
    }

    /** Its group is about to be appended. */
    void send() {
        sent = true;
    }

    boolean isSent() {
        return sent;
    }
}
