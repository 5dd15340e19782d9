package io.eventcore.jdbc;

import io.eventcore.EventStore;
import io.eventcore.test.contract.HotStreamContract;

class H2HotStreamTest extends HotStreamContract {
    private final String tables = H2Database.INSTANCE.newTables();

    @Override
    protected EventStore emptyStore() {
        return H2Database.INSTANCE.store(tables);
    }

    @Override
    protected EventStore elsewhere(EventStore store) {
        return H2Database.INSTANCE.store(tables);
    }
}
