package io.eventcore.jdbc;

import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;

@Tag("mariadb")
class MariaDbEventStoreTest extends JdbcDatabaseContract {
    @Override
    TestDatabase database() {
        return MariaDbDatabase.INSTANCE;
    }

    @Nested
    class Under_concurrency extends JdbcConcurrencyContract {
        Under_concurrency() {
            super(MariaDbDatabase.INSTANCE, MariaDbDatabase.INSTANCE.readCommitted());
        }
    }
}
