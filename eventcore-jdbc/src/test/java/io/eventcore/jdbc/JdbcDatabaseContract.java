package io.eventcore.jdbc;

import io.eventcore.EventStore;
import io.eventcore.command.ExecutedCommands;
import io.eventcore.snapshot.SnapshotStore;
import io.eventcore.test.contract.CommandContract;
import io.eventcore.test.contract.CommandSnapshotContract;
import io.eventcore.test.contract.ExecutedCommandsContract;
import io.eventcore.test.contract.SnapshotStoreContract;
import org.junit.jupiter.api.Nested;
import org.springframework.transaction.PlatformTransactionManager;

/** The contracts of all that a database keeps of commands: events, command ids and snapshots. */
abstract class JdbcDatabaseContract extends JdbcEventStoreContract {
    @Nested
    class Executing_commands extends CommandContract {
        @Override
        protected EventStore emptyStore() {
            return database().newStore();
        }

        @Override
        protected PlatformTransactionManager transactionManager() {
            return database().transactionManager(database().dataSource());
        }
    }

    @Nested
    class Executing_commands_once extends ExecutedCommandsContract {
        private final String tables = database().newTables();

        @Override
        protected EventStore emptyStore() {
            return storeElsewhere();
        }

        @Override
        protected EventStore storeElsewhere() {
            return database().store(tables);
        }

        @Override
        protected ExecutedCommands executedCommands() {
            return executedCommandsElsewhere();
        }

        @Override
        protected ExecutedCommands executedCommandsElsewhere() {
            return TestDatabase.jdbc(database().dataSource(), tables).executedCommands();
        }

        @Override
        protected PlatformTransactionManager transactionManager() {
            return database().timedTransactionManager();
        }
    }

    @Nested
    class Storing_snapshots extends SnapshotStoreContract {
        @Override
        protected SnapshotStore emptyStore() {
            return TestDatabase.jdbc(database().dataSource(), database().newTables())
                    .snapshotStore();
        }
    }

    @Nested
    class Continuing_from_snapshots extends CommandSnapshotContract {
        private final String tables = database().newTables();

        @Override
        protected EventStore emptyStore() {
            return database().store(tables);
        }

        @Override
        protected SnapshotStore emptySnapshotStore() {
            return TestDatabase.jdbc(database().dataSource(), tables).snapshotStore();
        }

        @Override
        protected PlatformTransactionManager transactionManager() {
            return database().transactionManager(database().dataSource());
        }
    }
}
