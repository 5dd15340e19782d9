package io.eventcore.jdbc;

import io.eventcore.EventStore;
import io.eventcore.test.contract.HotStreamContract;

class PostgreSqlHotStreamTest extends HotStreamContract {
    private final String tables = PostgreSqlDatabase.INSTANCE.newTables();

    @Override
    protected EventStore emptyStore() {
        return PostgreSqlDatabase.INSTANCE.store(tables);
    }

    @Override
    protected EventStore elsewhere(EventStore store) {
        return PostgreSqlDatabase.INSTANCE.store(tables);
    }
}
