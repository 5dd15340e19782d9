package io.eventcore.sample.bank;

import io.eventcore.StreamId;
import io.eventcore.command.Stream;
import io.eventcore.sample.bank.BankEvent.MoneyDeposited;
import java.util.List;

/** Puts money on an account. */
record DepositMoney(@Stream StreamId account, long cents) implements BankCommand {
    @Override
    public List<BankEvent> handle(Accounts accounts) {
        accounts.requireOpen(account).requireRoom(account, cents);
        return List.of(new MoneyDeposited(account, cents));
    }
}
