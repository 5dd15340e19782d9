package io.eventcore.command;

import io.eventcore.Event;
import io.eventcore.StreamId;

/** What happens to accounts, for the tests of this package. */
sealed interface BankEvent extends Event {
    StreamId account();

    @Override
    default StreamId streamId() {
        return account();
    }

    record Deposited(StreamId account, long cents) implements BankEvent {}

    /** From now on, whoever looks at this account looks at the other one too. */
    record Linked(StreamId account, StreamId other) implements BankEvent {}
}
