package io.eventcore.jdbc;

import io.eventcore.EventStore;
import io.eventcore.command.HotStreamLaws;

class H2HotStreamTest extends HotStreamLaws {
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
