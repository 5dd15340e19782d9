package io.eventcore.jdbc;

import io.eventcore.EventStore;
import io.eventcore.serialization.JacksonEventSerializer;
import io.eventcore.test.contract.ConcurrentTransactionsContract;
import io.eventcore.test.contract.EventReaderContract;
import io.eventcore.test.contract.EventStoreContract;
import io.eventcore.test.contract.LedgerEvent;
import io.eventcore.test.contract.TagContract;
import io.eventcore.test.contract.TransactionContract;
import org.junit.jupiter.api.Nested;
import org.springframework.transaction.PlatformTransactionManager;

/** The contracts of an event store, on one database. */
abstract class JdbcEventStoreContract {
    abstract TestDatabase database();

    @Nested
    class Appending_and_reading_streams extends EventStoreContract {
        @Override
        protected EventStore emptyStore() {
            return database().newStore();
        }
    }

    @Nested
    class Deciding_on_tags extends TagContract {
        private final String tables = database().newTables();

        @Override
        protected EventStore emptyStore() {
            return database().store(tables);
        }

        /** As another process has it, and one append after the other. */
        @Override
        protected EventStore anotherStore(EventStore first) {
            return TestDatabase.jdbc(database().dataSource(), tables)
                    .eventStoreBuilder(new JacksonEventSerializer(LedgerEvent.types()))
                    .groupCommit(GroupCommitSettings.off())
                    .build();
        }

        @Override
        protected PlatformTransactionManager transactionManager() {
            return database().timedTransactionManager();
        }
    }

    @Nested
    class Reading_the_log extends EventReaderContract {
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
    class Where_transactions_meet extends ConcurrentTransactionsContract {
        @Override
        protected EventStore emptyStore() {
            return database().newStore();
        }

        @Override
        protected PlatformTransactionManager transactionManager() {
            return database().timedTransactionManager();
        }
    }

    @Nested
    class Inside_transactions extends TransactionContract {
        @Override
        protected EventStore emptyStore() {
            return database().newStore();
        }

        @Override
        protected PlatformTransactionManager transactionManager() {
            return database().transactionManager(database().dataSource());
        }
    }
}
