package io.eventcore.sample.bank;

import io.eventcore.StreamId;
import io.eventcore.command.Stream;
import io.eventcore.sample.bank.BankEvent.AccountOpened;
import java.util.List;

/** Opens an account. Opening the same one again does nothing, so the command may be repeated. */
record OpenAccount(@Stream StreamId account, String owner) implements BankCommand {
    @Override
    public List<BankEvent> handle(Accounts accounts) {
        return accounts.isOpen(account) ? List.of() : List.of(new AccountOpened(account, owner));
    }
}
