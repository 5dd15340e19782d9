package io.eventcore.sample.bank;

import io.eventcore.sample.bank.BankEvent.TransferOffered;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * An open account.
 *
 * @param balanceCents never negative, because every command that takes money looks first
 * @param offers what it has offered and was neither accepted nor returned
 */
record Account(String owner, long balanceCents, List<TransferOffered> offers) {
    Account {
        offers = List.copyOf(offers);
    }

    boolean covers(long cents) {
        return balanceCents >= cents;
    }

    boolean hasRoomFor(long cents) {
        return balanceCents <= Long.MAX_VALUE - cents;
    }

    Account plus(long cents) {
        return new Account(owner, balanceCents + cents, offers);
    }

    Account offering(TransferOffered offered) {
        List<TransferOffered> more = new ArrayList<>(offers);
        more.add(offered);
        return new Account(owner, balanceCents, more);
    }

    Account without(UUID offer) {
        return new Account(
                owner,
                balanceCents,
                offers.stream().filter(open -> !open.offer().equals(offer)).toList());
    }

    Optional<TransferOffered> offer(UUID offer) {
        return offers.stream().filter(open -> open.offer().equals(offer)).findFirst();
    }
}
