package io.eventcore.jdbc;

import io.eventcore.EventStore;
import io.eventcore.command.ExecutedCommands;
import io.eventcore.snapshot.SnapshotStore;
import io.eventcore.test.contract.CommandContract;
import io.eventcore.test.contract.CommandSnapshotContract;
import io.eventcore.test.contract.ConcurrentTransactionsContract;
import io.eventcore.test.contract.EventReaderContract;
import io.eventcore.test.contract.EventStoreContract;
import io.eventcore.test.contract.ExecutedCommandsContract;
import io.eventcore.test.contract.SnapshotStoreContract;
import io.eventcore.test.contract.TransactionContract;
import org.junit.jupiter.api.Nested;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.PlatformTransactionManager;

class PostgreSqlEventStoreTest {
    private static final TestDatabase DATABASE = PostgreSqlDatabase.INSTANCE;

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

        @Override
        protected AutoCloseable openForeignTransactions() {
            return PostgreSqlDatabase.INSTANCE.openForeignTransactions();
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

    @Nested
    class Executing_commands_once extends ExecutedCommandsContract {
        private final String tables = DATABASE.newTables();

        @Override
        protected EventStore emptyStore() {
            return storeElsewhere();
        }

        @Override
        protected EventStore storeElsewhere() {
            return DATABASE.store(tables);
        }

        @Override
        protected ExecutedCommands executedCommands() {
            return executedCommandsElsewhere();
        }

        @Override
        protected ExecutedCommands executedCommandsElsewhere() {
            return TestDatabase.jdbc(DATABASE.dataSource(), tables).executedCommands();
        }

        @Override
        protected PlatformTransactionManager transactionManager() {
            return DATABASE.timedTransactionManager();
        }
    }

    @Nested
    class Storing_snapshots extends SnapshotStoreContract {
        @Override
        protected SnapshotStore emptyStore() {
            return TestDatabase.jdbc(DATABASE.dataSource(), DATABASE.newTables())
                    .snapshotStore();
        }
    }

    @Nested
    class Continuing_from_snapshots extends CommandSnapshotContract {
        private final String tables = DATABASE.newTables();

        @Override
        protected EventStore emptyStore() {
            return DATABASE.store(tables);
        }

        @Override
        protected SnapshotStore emptySnapshotStore() {
            return TestDatabase.jdbc(DATABASE.dataSource(), tables).snapshotStore();
        }

        @Override
        protected PlatformTransactionManager transactionManager() {
            return new JdbcTransactionManager(DATABASE.dataSource());
        }
    }
}
