package io.eventcore.autoconfigure.bank;

import io.eventcore.StreamId;
import io.eventcore.autoconfigure.bank.BankEvent.Deposited;
import io.eventcore.command.Command;
import io.eventcore.command.Stream;
import java.util.List;

/** Deposits money. */
public record DepositMoney(@Stream StreamId account, long cents) implements Command<Long, BankEvent> {
    @Override
    public Long initialState() {
        return 0L;
    }

    @Override
    public Long apply(Long balance, BankEvent event) {
        return balance + ((Deposited) event).cents();
    }

    @Override
    public List<BankEvent> handle(Long balance) {
        return List.of(new Deposited(account, cents));
    }
}
