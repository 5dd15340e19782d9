package io.eventcore.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.Event;
import io.eventcore.EventBatch;
import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.EventStore;
import io.eventcore.test.contract.ConcurrentTransactionsContract;
import io.eventcore.test.contract.EventReaderContract;
import io.eventcore.test.contract.EventStoreContract;
import io.eventcore.test.contract.ForwardingEventStore;
import io.eventcore.test.contract.TagContract;
import io.eventcore.test.contract.TransactionContract;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.PlatformTransactionManager;

/** The contracts of an event store hold for one with a replica, read as soon as it has replayed what was written. */
@Tag("cluster")
class PostgreSqlReplicaContractTest {
    private static final ReplicatedDatabase DATABASE = ReplicatedDatabase.INSTANCE;
    private static final List<JdbcDatabase> DATABASES = new CopyOnWriteArrayList<>();

    @AfterAll
    static void pages_came_from_the_standby() {
        long pages = DATABASES.stream()
                .mapToLong(database -> database.replicaStatus().orElseThrow().pagesFromReplica())
                .sum();
        long others = DATABASES.stream()
                .mapToLong(database -> database.replicaStatus().orElseThrow().pagesFromPrimary())
                .sum();
        System.out.printf("contracts: pages from the replica %d, from the primary %d%n", pages, others);
        assertThat(pages).isGreaterThan(100);
    }

    private static EventStore newStore(String tables) {
        JdbcDatabase database = ReplicatedDatabase.jdbc(DATABASE.dataSource(), DATABASE.standbysDataSource(), tables);
        DATABASES.add(database);
        return new Awaiting(ReplicatedDatabase.store(database));
    }

    /** Reads the log when the standby has replayed all that is there. */
    private static final class Awaiting extends ForwardingEventStore {
        Awaiting(EventStore store) {
            super(store);
        }

        @Override
        public <E extends Event> EventBatch<E> readEvents(EventFilter filter, EventPage page, Class<E> eventType) {
            DATABASE.standby().awaitReplayOf(DATABASE.primary());
            return super.readEvents(filter, page, eventType);
        }
    }

    @Nested
    class Appending_and_reading_streams extends EventStoreContract {
        @Override
        protected EventStore emptyStore() {
            return newStore(DATABASE.newTables());
        }
    }

    @Nested
    class Deciding_on_tags extends TagContract {
        private final String tables = DATABASE.newTables();

        @Override
        protected EventStore emptyStore() {
            return newStore(tables);
        }

        @Override
        protected EventStore anotherStore(EventStore first) {
            return newStore(tables);
        }

        @Override
        protected PlatformTransactionManager transactionManager() {
            return DATABASE.timedTransactionManager();
        }
    }

    @Nested
    class Reading_the_log extends EventReaderContract {
        @Override
        protected EventStore emptyStore() {
            return newStore(DATABASE.newTables());
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
            return newStore(DATABASE.newTables());
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
            return newStore(DATABASE.newTables());
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
}
