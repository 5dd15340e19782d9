package io.eventcore.jdbc;

import io.eventcore.EventStore;
import io.eventcore.test.contract.CommandContract;
import io.eventcore.test.contract.EventReaderContract;
import io.eventcore.test.contract.EventStoreContract;
import io.eventcore.test.contract.TransactionContract;
import org.junit.jupiter.api.Nested;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.PlatformTransactionManager;

class H2EventStoreTest {
    private static final TestDatabase DATABASE = H2Database.INSTANCE;

    @Nested
    class Appending_and_reading_streams extends EventStoreContract {
        @Override
        protected EventStore emptyStore() {
            return DATABASE.newStore();
        }
    }

    @Nested
    class Reading_the_log extends EventReaderContract {
        @Override
        protected EventStore emptyStore() {
            return DATABASE.newStore();
        }

        @Override
        protected PlatformTransactionManager transactionManager() {
            return new JdbcTransactionManager(DATABASE.dataSource());
        }
    }

    @Nested
    class Under_concurrency extends JdbcConcurrencyContract {
        Under_concurrency() {
            super(DATABASE);
        }
    }

    @Nested
    class Inside_transactions extends TransactionContract {
        @Override
        protected EventStore emptyStore() {
            return DATABASE.newStore();
        }

        @Override
        protected PlatformTransactionManager transactionManager() {
            return new JdbcTransactionManager(DATABASE.dataSource());
        }
    }

    @Nested
    class Executing_commands extends CommandContract {
        @Override
        protected EventStore emptyStore() {
            return DATABASE.newStore();
        }

        @Override
        protected PlatformTransactionManager transactionManager() {
            return new JdbcTransactionManager(DATABASE.dataSource());
        }
    }
}
