package io.eventcore.command;

import io.eventcore.Event;
import io.eventcore.EventType;
import io.eventcore.StreamId;
import io.eventcore.serialization.EventTypes;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The events of the tests that decide on hot streams; the contracts, which core cannot see, have the same. */
sealed interface LedgerEvent extends Event {
    static EventTypes types() {
        return EventTypes.of(LedgerEvent.class);
    }

    StreamId account();

    @Override
    default StreamId streamId() {
        return account();
    }

    @EventType("ledger.opened")
    record Opened(StreamId account, String owner) implements LedgerEvent {}

    @EventType("ledger.deposited")
    record Deposited(StreamId account, long cents) implements LedgerEvent {}

    @EventType("ledger.withdrawn")
    record Withdrawn(StreamId account, long cents) implements LedgerEvent {}

    /** An event that no serializer can write: it refuses to give its content away. */
    @EventType("ledger.unwritable")
    record Unwritable(StreamId account, Secret secret) implements LedgerEvent {}

    /** What makes an event unwritable. */
    final class Secret {
        private final @Nullable String content = null;

        /** Fails, with a message that must not be quoted. */
        public String getContent() {
            return Objects.requireNonNull(content, "s3cr3t content");
        }
    }
}
