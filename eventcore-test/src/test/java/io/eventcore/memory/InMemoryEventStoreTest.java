package io.eventcore.memory;

import io.eventcore.EventStore;
import io.eventcore.serialization.JacksonEventSerializer;
import io.eventcore.test.contract.CommandContract;
import io.eventcore.test.contract.ConcurrencyContract;
import io.eventcore.test.contract.EventReaderContract;
import io.eventcore.test.contract.EventStoreContract;
import io.eventcore.test.contract.LedgerEvent;
import io.eventcore.test.contract.TransactionContract;
import org.junit.jupiter.api.Nested;
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
}
