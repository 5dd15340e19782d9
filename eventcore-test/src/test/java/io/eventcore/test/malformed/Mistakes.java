package io.eventcore.test.malformed;

import io.eventcore.Event;
import io.eventcore.EventType;
import io.eventcore.StreamId;
import io.eventcore.command.Command;
import io.eventcore.command.Retry;
import io.eventcore.command.Stream;
import io.eventcore.snapshot.Snapshot;
import io.eventcore.test.wellformed.Tickets.TicketEvent;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;

/** Every mistake that can be found without executing anything. */
final class Mistakes {
    private Mistakes() {}

    interface Plain<S, E extends Event> extends Command<S, E> {
        @Override
        default S apply(S state, E event) {
            return state;
        }

        @Override
        default List<E> handle(S state) {
            return List.of();
        }
    }

    /** A value that says what it is and cannot be made again. */
    static final class Money {
        private final long amount;

        Money(long amount) {
            this.amount = amount;
        }

        public long getCents() {
            return amount;
        }
    }

    /** An event that can be written and not read. */
    @EventType("mistakes.paid")
    record Paid(StreamId streamId, Optional<Money> money) implements Event {}

    /** An event that comes back as another one. */
    @EventType("mistakes.flagged")
    record Flagged(StreamId streamId, BitSet flags) implements Event {}

    /** An event that only the application can make. */
    @EventType("mistakes.picky")
    record Picky(StreamId streamId, String code) implements Event {
        Picky {
            if (!code.startsWith("PX-")) {
                throw new IllegalArgumentException("no code");
            }
        }
    }

    /** An event without a name. */
    record Nameless(StreamId streamId) implements Event {}

    @Snapshot(name = "twice", version = 1)
    record First(@Stream StreamId ticket) implements Plain<Long, TicketEvent> {
        @Override
        public Long initialState() {
            return 0L;
        }
    }

    @Snapshot(name = "twice", version = 1)
    record Second(@Stream StreamId ticket) implements Plain<Long, TicketEvent> {
        @Override
        public Long initialState() {
            return 0L;
        }
    }

    record Nowhere(StreamId notMarked) implements Plain<Long, TicketEvent> {
        @Override
        public Long initialState() {
            return 0L;
        }
    }

    record WrongComponent(@Stream String ticket) implements Plain<Long, TicketEvent> {
        @Override
        public Long initialState() {
            return 0L;
        }
    }

    record OpenEvents<E extends Event>(@Stream StreamId ticket) implements Plain<Long, E> {
        @Override
        public Long initialState() {
            return 0L;
        }
    }

    /** Its events live in another package, which is not searched. */
    record UnnamedEvents(@Stream StreamId ticket) implements Plain<Long, TicketEvent> {
        @Override
        public Long initialState() {
            return 0L;
        }
    }

    @Retry(maxAttempts = 0)
    record Hopeless(@Stream StreamId ticket) implements Plain<Long, TicketEvent> {
        @Override
        public Long initialState() {
            return 0L;
        }
    }
}
