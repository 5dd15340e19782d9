package io.eventcore.sample.bank;

import io.eventcore.StreamId;
import io.eventcore.command.Stream;
import io.eventcore.sample.bank.BankEvent.OfferReturned;
import java.util.List;
import java.util.UUID;

/** Gives back what was offered, unless it was accepted: whichever is first, the other one finds it done. */
record ReturnOffer(@Stream StreamId from, UUID offer) implements BankCommand {
    @Override
    public List<BankEvent> handle(Accounts accounts) {
        return accounts.account(from)
                .offer(offer)
                .<List<BankEvent>>map(open -> List.of(new OfferReturned(from, offer, open.cents())))
                .orElse(List.of());
    }
}
