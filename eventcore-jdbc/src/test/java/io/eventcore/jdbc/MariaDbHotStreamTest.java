package io.eventcore.jdbc;

import io.eventcore.EventStore;
import io.eventcore.test.contract.HotStreamContract;
import org.junit.jupiter.api.Tag;

@Tag("mariadb")
class MariaDbHotStreamTest extends HotStreamContract {
    private final String tables = MariaDbDatabase.INSTANCE.newTables();

    @Override
    protected EventStore emptyStore() {
        return MariaDbDatabase.INSTANCE.store(tables);
    }

    @Override
    protected EventStore elsewhere(EventStore store) {
        return MariaDbDatabase.INSTANCE.store(tables);
    }
}
