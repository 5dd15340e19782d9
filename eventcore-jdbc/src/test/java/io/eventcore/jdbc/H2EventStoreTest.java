package io.eventcore.jdbc;

import org.junit.jupiter.api.Nested;

class H2EventStoreTest extends JdbcDatabaseContract {
    @Override
    TestDatabase database() {
        return H2Database.INSTANCE;
    }

    @Nested
    class Under_concurrency extends JdbcConcurrencyContract {
        Under_concurrency() {
            super(H2Database.INSTANCE);
        }
    }
}
