package io.eventcore.autoconfigure.bank;

import io.eventcore.Event;
import io.eventcore.EventType;
import io.eventcore.StreamId;

/** The events of an application, found in its package. */
public sealed interface BankEvent extends Event {
    /** The account. */
    StreamId account();

    @Override
    default StreamId streamId() {
        return account();
    }

    /** Money came in. */
    @EventType("bank.deposited")
    record Deposited(StreamId account, long cents) implements BankEvent {}
}
