package io.eventcore.jdbc;

import io.eventcore.EventStore;
import io.eventcore.test.contract.ConcurrentTransactionsContract;
import io.eventcore.test.contract.EventReaderContract;
import io.eventcore.test.contract.EventStoreContract;
import io.eventcore.test.contract.TransactionContract;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.PlatformTransactionManager;

@Tag("mariadb")
class MariaDbByMySqlDriverEventStoreTest {
    private static final TestDatabase DATABASE = MariaDbDatabase.BY_MYSQL_DRIVER;

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
    class Where_transactions_meet extends ConcurrentTransactionsContract {
        @Override
        protected EventStore emptyStore() {
            return DATABASE.newStore();
        }

        @Override
        protected PlatformTransactionManager transactionManager() {
            return DATABASE.timedTransactionManager();
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
}
