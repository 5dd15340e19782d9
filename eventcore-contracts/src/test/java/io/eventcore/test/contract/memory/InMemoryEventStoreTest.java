package io.eventcore.test.contract.memory;

import io.eventcore.EventStore;
import io.eventcore.command.ExecutedCommands;
import io.eventcore.memory.InMemoryEventStore;
import io.eventcore.memory.InMemoryExecutedCommands;
import io.eventcore.memory.InMemorySnapshotStore;
import io.eventcore.memory.InMemoryTransactionManager;
import io.eventcore.serialization.JacksonEventSerializer;
import io.eventcore.snapshot.SnapshotStore;
import io.eventcore.test.contract.CommandContract;
import io.eventcore.test.contract.CommandSnapshotContract;
import io.eventcore.test.contract.ConcurrencyContract;
import io.eventcore.test.contract.ConcurrentTransactionsContract;
import io.eventcore.test.contract.EventReaderContract;
import io.eventcore.test.contract.EventStoreContract;
import io.eventcore.test.contract.ExecutedCommandsContract;
import io.eventcore.test.contract.LedgerEvent;
import io.eventcore.test.contract.SnapshotStoreContract;
import io.eventcore.test.contract.TagContract;
import io.eventcore.test.contract.TransactionContract;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.Nested;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.PlatformTransactionManager;

class InMemoryEventStoreTest {
    private static EventStore newStore() {
        return new InMemoryEventStore(new JacksonEventSerializer(LedgerEvent.types()));
    }

    @Nested
    class Appending_and_reading_streams extends EventStoreContract {
        @Override
        protected EventStore emptyStore() {
            return newStore();
        }
    }

    @Nested
    class Deciding_on_tags extends TagContract {
        @Override
        protected EventStore emptyStore() {
            return newStore();
        }

        @Override
        protected PlatformTransactionManager transactionManager() {
            return new InMemoryTransactionManager();
        }
    }

    @Nested
    class Reading_the_log extends EventReaderContract {
        @Override
        protected EventStore emptyStore() {
            return newStore();
        }

        @Override
        protected PlatformTransactionManager transactionManager() {
            return new InMemoryTransactionManager();
        }
    }

    @Nested
    class Under_concurrency extends ConcurrencyContract {
        @Override
        protected EventStore emptyStore() {
            return newStore();
        }

        @Override
        protected PlatformTransactionManager transactionManager() {
            return new InMemoryTransactionManager();
        }
    }

    @Nested
    class Where_transactions_meet extends ConcurrentTransactionsContract {
        @Override
        protected EventStore emptyStore() {
            return newStore();
        }

        @Override
        protected PlatformTransactionManager transactionManager() {
            return new InMemoryTransactionManager();
        }
    }

    /** Events in memory beside the application's own tables in a database. */
    @Nested
    class Where_transactions_of_a_database_meet extends ConcurrentTransactionsContract {
        @Override
        protected EventStore emptyStore() {
            return newStore();
        }

        @Override
        protected PlatformTransactionManager transactionManager() {
            JdbcDataSource dataSource = new JdbcDataSource();
            dataSource.setUrl("jdbc:h2:mem:beside-events-in-memory");
            return new JdbcTransactionManager(dataSource);
        }
    }

    @Nested
    class Inside_transactions extends TransactionContract {
        @Override
        protected EventStore emptyStore() {
            return newStore();
        }

        @Override
        protected PlatformTransactionManager transactionManager() {
            return new InMemoryTransactionManager();
        }
    }

    @Nested
    class Executing_commands extends CommandContract {
        @Override
        protected EventStore emptyStore() {
            return newStore();
        }

        @Override
        protected PlatformTransactionManager transactionManager() {
            return new InMemoryTransactionManager();
        }
    }

    @Nested
    class Executing_commands_once extends ExecutedCommandsContract {
        private final EventStore store = newStore();
        private final ExecutedCommands executedCommands = new InMemoryExecutedCommands();

        @Override
        protected EventStore emptyStore() {
            return store;
        }

        @Override
        protected EventStore storeElsewhere() {
            return store;
        }

        @Override
        protected ExecutedCommands executedCommands() {
            return executedCommands;
        }

        @Override
        protected ExecutedCommands executedCommandsElsewhere() {
            return executedCommands;
        }

        @Override
        protected PlatformTransactionManager transactionManager() {
            return new InMemoryTransactionManager();
        }
    }

    @Nested
    class Storing_snapshots extends SnapshotStoreContract {
        @Override
        protected SnapshotStore emptyStore() {
            return new InMemorySnapshotStore();
        }
    }

    @Nested
    class Continuing_from_snapshots extends CommandSnapshotContract {
        @Override
        protected EventStore emptyStore() {
            return newStore();
        }

        @Override
        protected SnapshotStore emptySnapshotStore() {
            return new InMemorySnapshotStore();
        }

        @Override
        protected PlatformTransactionManager transactionManager() {
            return new InMemoryTransactionManager();
        }
    }
}
