package io.eventcore.sample.bank;

import io.eventcore.StreamId;
import io.eventcore.command.CommandContext;
import io.eventcore.command.Stream;
import io.eventcore.sample.bank.BankEvent.OfferAccepted;
import io.eventcore.sample.bank.BankEvent.TransferOffered;
import io.eventcore.sample.bank.BankEvent.TransferReceived;
import java.util.List;
import java.util.UUID;

/** Takes what was offered, in time. */
record AcceptOffer(@Stream StreamId from, @Stream StreamId to, UUID offer) implements BankCommand {
    @Override
    public List<BankEvent> handle(Accounts accounts, CommandContext context) {
        TransferOffered offered = accounts.requireOpen(to)
                .account(from)
                .offer(offer)
                .filter(open -> open.to().equals(to) && context.now().isBefore(open.acceptBy()))
                .orElseThrow(() -> Refusal.noOffer(to));
        accounts.requireRoom(to, offered.cents());
        return List.of(new OfferAccepted(from, offer), new TransferReceived(to, from, offered.cents()));
    }
}
