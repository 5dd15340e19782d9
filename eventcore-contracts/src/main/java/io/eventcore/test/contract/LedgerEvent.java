package io.eventcore.test.contract;

import io.eventcore.Event;
import io.eventcore.EventType;
import io.eventcore.StreamId;
import io.eventcore.serialization.EventTypes;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The events of the contracts. A store under test must know them through {@link #types()}.
 *
 * @since 0.1
 */
public sealed interface LedgerEvent extends Event {
    /** The types to give to the serializer of a store under test. */
    static EventTypes types() {
        return EventTypes.of(LedgerEvent.class, Audited.class, SchoolEvent.class);
    }

    /** The stream the event belongs to. */
    StreamId account();

    @Override
    default StreamId streamId() {
        return account();
    }

    /** An account was opened for its owner. */
    @EventType("ledger.opened")
    record Opened(StreamId account, String owner) implements LedgerEvent {}

    /** Money came in. */
    @EventType("ledger.deposited")
    record Deposited(StreamId account, long cents) implements LedgerEvent {}

    /** Money went out. */
    @EventType("ledger.withdrawn")
    record Withdrawn(StreamId account, long cents) implements LedgerEvent {}

    /**
     * Not a ledger event, and it does not know its stream. It is the wrong type for reading a stream, and a small
     * event.
     */
    @EventType(value = "audit.audited", aliases = "audit.reviewed")
    record Audited(String note) implements Event {}

    /** An event that no serializer can write: it refuses to reveal its content. */
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
