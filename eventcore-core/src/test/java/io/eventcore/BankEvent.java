package io.eventcore;

/** What happens to accounts, for the tests of this package. */
sealed interface BankEvent extends Event {
    StreamId account();

    @Override
    default StreamId streamId() {
        return account();
    }

    record Deposited(StreamId account, long cents) implements BankEvent {}
}
