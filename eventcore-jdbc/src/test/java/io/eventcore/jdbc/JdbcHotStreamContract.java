package io.eventcore.jdbc;

import io.eventcore.EventStore;
import io.eventcore.test.contract.HotStreamContract;

/** The contract of hot streams, on one database. */
abstract class JdbcHotStreamContract extends HotStreamContract {
    private final TestDatabase database;
    private final String tables;

    JdbcHotStreamContract(TestDatabase database) {
        this.database = database;
        this.tables = database.newTables();
    }

    @Override
    protected EventStore emptyStore() {
        return database.store(tables);
    }

    @Override
    protected EventStore elsewhere(EventStore store) {
        return database.store(tables);
    }
}
