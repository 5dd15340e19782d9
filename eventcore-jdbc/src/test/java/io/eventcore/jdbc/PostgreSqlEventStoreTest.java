package io.eventcore.jdbc;

import org.junit.jupiter.api.Nested;

class PostgreSqlEventStoreTest extends JdbcDatabaseContract {
    @Override
    TestDatabase database() {
        return PostgreSqlDatabase.INSTANCE;
    }

    @Nested
    class Under_concurrency extends JdbcConcurrencyContract {
        Under_concurrency() {
            super(PostgreSqlDatabase.INSTANCE);
        }

        @Override
        protected AutoCloseable openForeignTransactions() {
            return PostgreSqlDatabase.INSTANCE.openForeignTransactions();
        }
    }
}
