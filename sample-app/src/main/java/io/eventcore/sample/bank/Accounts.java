package io.eventcore.sample.bank;

import io.eventcore.StreamId;
import io.eventcore.sample.bank.BankEvent.AccountOpened;
import io.eventcore.sample.bank.BankEvent.OfferAccepted;
import io.eventcore.sample.bank.BankEvent.OfferReturned;
import io.eventcore.sample.bank.BankEvent.TransferOffered;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Some accounts, as their events tell. An account that was never opened is not in it. Immutable. */
record Accounts(Map<StreamId, Account> byId) {
    static final Accounts NONE = new Accounts(Map.of());

    Accounts apply(BankEvent event) {
        Map<StreamId, Account> changed = new LinkedHashMap<>(byId);
        if (event instanceof AccountOpened opened) {
            changed.put(opened.account(), new Account(opened.owner(), 0, List.of()));
        } else {
            changed.computeIfPresent(event.account(), (id, account) -> after(account.plus(event.change()), event));
        }
        return new Accounts(Collections.unmodifiableMap(changed));
    }

    private static Account after(Account account, BankEvent event) {
        if (event instanceof TransferOffered offered) {
            return account.offering(offered);
        }
        if (event instanceof OfferAccepted accepted) {
            return account.without(accepted.offer());
        }
        return event instanceof OfferReturned returned ? account.without(returned.offer()) : account;
    }

    boolean isOpen(StreamId id) {
        return byId.containsKey(id);
    }

    /**
     * Checks that these accounts are open.
     *
     * @throws Refusal if one is not
     */
    Accounts requireOpen(StreamId... ids) {
        for (StreamId id : ids) {
            account(id);
        }
        return this;
    }

    /**
     * Checks that an open account holds this much.
     *
     * @throws Refusal if it does not
     */
    Accounts requireFunds(StreamId id, long cents) {
        if (!account(id).covers(cents)) {
            throw Refusal.insufficientFunds(id);
        }
        return this;
    }

    /**
     * Checks that an open account can take this much.
     *
     * @throws Refusal if the balance would be larger than a number can be
     */
    Accounts requireRoom(StreamId id, long cents) {
        if (!account(id).hasRoomFor(cents)) {
            throw Refusal.balanceTooLarge(id);
        }
        return this;
    }

    /**
     * An open account.
     *
     * @throws Refusal if it is not open
     */
    Account account(StreamId id) {
        Account account = byId.get(id);
        if (account == null) {
            throw Refusal.unknownAccount(id);
        }
        return account;
    }
}
