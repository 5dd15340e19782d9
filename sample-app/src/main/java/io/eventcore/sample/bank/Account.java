package io.eventcore.sample.bank;

/**
 * An open account.
 *
 * @param balanceCents never negative, because every command that takes money looks first
 */
record Account(String owner, long balanceCents) {
    boolean covers(long cents) {
        return balanceCents >= cents;
    }

    boolean hasRoomFor(long cents) {
        return balanceCents <= Long.MAX_VALUE - cents;
    }

    Account plus(long cents) {
        return new Account(owner, balanceCents + cents);
    }
}
