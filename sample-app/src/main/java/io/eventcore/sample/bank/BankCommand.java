package io.eventcore.sample.bank;

import io.eventcore.command.Command;

/** What the bank decides on: the accounts whose streams a command names. */
interface BankCommand extends Command<Accounts, BankEvent> {
    @Override
    default Accounts initialState() {
        return Accounts.NONE;
    }

    @Override
    default Accounts apply(Accounts accounts, BankEvent event) {
        return accounts.apply(event);
    }
}
