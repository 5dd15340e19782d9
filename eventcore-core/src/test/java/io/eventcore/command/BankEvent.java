package io.eventcore.command;

import io.eventcore.Event;
import io.eventcore.EventType;
import io.eventcore.StreamId;

/** What happens to accounts, for the tests of this package. */
sealed interface BankEvent extends Event {
    StreamId account();

    @Override
    default StreamId streamId() {
        return account();
    }

    @EventType("bank.deposited")
    record Deposited(StreamId account, long cents) implements BankEvent {}

    /** From now on, commands that look at this account look at the other one too. */
    @EventType("bank.linked")
    record Linked(StreamId account, StreamId other) implements BankEvent {}
}
