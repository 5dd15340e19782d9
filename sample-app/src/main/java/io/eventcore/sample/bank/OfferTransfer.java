package io.eventcore.sample.bank;

import io.eventcore.StreamId;
import io.eventcore.command.CommandContext;
import io.eventcore.command.Stream;
import io.eventcore.sample.bank.BankEvent.TransferOffered;
import java.time.Duration;
import java.util.List;
import java.util.UUID;

/** Sets money aside for another account, which has some time to accept it. */
record OfferTransfer(
        @Stream StreamId from, UUID offer, @Stream StreamId to, long cents, Duration within) implements BankCommand {
    @Override
    public List<BankEvent> handle(Accounts accounts, CommandContext context) {
        if (from.equals(to)) {
            throw Refusal.sameAccount(from);
        }
        accounts.requireOpen(from, to).requireFunds(from, cents);
        return List.of(new TransferOffered(from, offer, to, cents, context.now().plus(within)));
    }
}
