package io.eventcore.sample.bank;

import io.eventcore.StreamId;
import io.eventcore.command.Stream;
import io.eventcore.sample.bank.BankEvent.MoneyWithdrawn;
import java.util.List;

/** Takes money from an account, if there is enough. */
record WithdrawMoney(@Stream StreamId account, long cents) implements BankCommand {
    @Override
    public List<BankEvent> handle(Accounts accounts) {
        accounts.requireOpen(account).requireFunds(account, cents);
        return List.of(new MoneyWithdrawn(account, cents));
    }
}
