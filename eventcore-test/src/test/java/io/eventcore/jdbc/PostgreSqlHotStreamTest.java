package io.eventcore.jdbc;

import io.eventcore.EventStore;
import io.eventcore.command.HotStreamLaws;

class PostgreSqlHotStreamTest extends HotStreamLaws {
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
