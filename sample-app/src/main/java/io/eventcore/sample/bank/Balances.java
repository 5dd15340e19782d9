package io.eventcore.sample.bank;

import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.projection.Projection;
import io.eventcore.sample.bank.BankEvent.AccountOpened;
import java.util.List;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/**
 * Who has how much, in a table, so that it can be queried in the order of the balances. Its changes count exactly once.
 */
@Component
class Balances implements Projection<BankEvent> {
    static final String NAME = "balances";

    private final JdbcClient jdbc;

    Balances(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public Class<BankEvent> eventType() {
        return BankEvent.class;
    }

    @Override
    public void apply(RecordedEvent<BankEvent> event) {
        if (event.event() instanceof AccountOpened opened) {
            jdbc.sql("INSERT INTO balance (account, owner, cents) VALUES (?, ?, 0)")
                    .params(opened.account().value(), opened.owner())
                    .update();
        } else {
            jdbc.sql("UPDATE balance SET cents = cents + ? WHERE account = ?")
                    .params(event.event().change(), event.streamId().value())
                    .update();
        }
    }

    @Override
    public void clear() {
        jdbc.sql("DELETE FROM balance").update();
    }

    /** The highest balances, the highest first. */
    List<Balance> highest(int limit) {
        return jdbc.sql("SELECT account, owner, cents FROM balance ORDER BY cents DESC, account LIMIT ?")
                .param(limit)
                .query((row, number) -> new Balance(StreamId.of(row.getString(1)), row.getString(2), row.getLong(3)))
                .list();
    }

    /** How much is on an account. */
    record Balance(StreamId id, String owner, long balanceCents) {}
}
