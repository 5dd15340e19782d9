package io.eventcore.sample.bank;

import io.eventcore.Event;
import io.eventcore.EventType;
import io.eventcore.StreamId;
import java.time.Instant;
import java.util.UUID;

/**
 * What happens to accounts. The id of an account is the id of its stream.
 *
 * <p>A transfer is two events, one in each account's stream, appended as one.
 */
public sealed interface BankEvent extends Event {
    /** The account it happened to. */
    StreamId account();

    /** By how many cents it changed the balance. */
    long change();

    @Override
    default StreamId streamId() {
        return account();
    }

    /** A customer has an account now, with nothing on it. */
    @EventType("bank.account-opened")
    record AccountOpened(StreamId account, String owner) implements BankEvent {
        @Override
        public long change() {
            return 0;
        }
    }

    /** Money came in at the counter. */
    @EventType("bank.money-deposited")
    record MoneyDeposited(StreamId account, long cents) implements BankEvent {
        @Override
        public long change() {
            return cents;
        }
    }

    /** Money went out at the counter. */
    @EventType("bank.money-withdrawn")
    record MoneyWithdrawn(StreamId account, long cents) implements BankEvent {
        @Override
        public long change() {
            return -cents;
        }
    }

    /** Money went to another account. */
    @EventType("bank.transfer-sent")
    record TransferSent(StreamId account, StreamId to, long cents) implements BankEvent {
        @Override
        public long change() {
            return -cents;
        }
    }

    /** Money came from another account. */
    @EventType("bank.transfer-received")
    record TransferReceived(StreamId account, StreamId from, long cents) implements BankEvent {
        @Override
        public long change() {
            return cents;
        }
    }

    /** Money was set aside for another account, which has until a moment to accept it. */
    @EventType("bank.transfer-offered")
    record TransferOffered(StreamId account, UUID offer, StreamId to, long cents, Instant acceptBy)
            implements BankEvent {
        @Override
        public long change() {
            return -cents;
        }
    }

    /** What was offered was accepted in time: the other account has received it. */
    @EventType("bank.offer-accepted")
    record OfferAccepted(StreamId account, UUID offer) implements BankEvent {
        @Override
        public long change() {
            return 0;
        }
    }

    /** What was offered was not accepted in time, and came back. */
    @EventType("bank.offer-returned")
    record OfferReturned(StreamId account, UUID offer, long cents) implements BankEvent {
        @Override
        public long change() {
            return cents;
        }
    }
}
