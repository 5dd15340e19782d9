package io.eventcore.sample.bank;

import io.eventcore.StreamId;
import io.eventcore.command.Stream;
import io.eventcore.sample.bank.BankEvent.TransferReceived;
import io.eventcore.sample.bank.BankEvent.TransferSent;
import java.util.List;

/**
 * Moves money from one account to another: a decision over two streams, stored in both or in none. No customer can spend the
 * money meanwhile, because both streams must still be in the versions that the decision was made on.
 */
record TransferMoney(@Stream StreamId from, @Stream StreamId to, long cents) implements BankCommand {
    @Override
    public List<BankEvent> handle(Accounts accounts) {
        if (from.equals(to)) {
            throw Refusal.sameAccount(from);
        }
        accounts.requireOpen(from, to).requireFunds(from, cents).requireRoom(to, cents);
        return List.of(new TransferSent(from, to, cents), new TransferReceived(to, from, cents));
    }
}
