package io.eventcore.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.EventStore;
import io.eventcore.serialization.JacksonEventSerializer;
import io.eventcore.test.contract.ConcurrencyContract;
import io.eventcore.test.contract.LedgerEvent;
import java.util.Set;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.springframework.transaction.PlatformTransactionManager;

/** Two stores over the same tables, with and without group commit, and never a deadlock between any of their appends. */
abstract class JdbcConcurrencyContract extends ConcurrencyContract {
    /** What PostgreSQL, H2, MariaDB and MySQL report a deadlock as. */
    private static final Set<String> DEADLOCKS = Set.of("40P01", "40001");

    private final WatchedDataSource watched;
    private final TestDatabase database;
    private String prefix = "";

    JdbcConcurrencyContract(TestDatabase database) {
        this(database, database.dataSource());
    }

    JdbcConcurrencyContract(TestDatabase database, DataSource dataSource) {
        this.database = database;
        this.watched = new WatchedDataSource(dataSource);
    }

    /** The store that is tested: this one, unless it is broken on purpose. */
    EventStore tested(EventStore sound, String tables) {
        return sound;
    }

    /** The prefix of new tables. */
    String newTables() {
        return database.newTables();
    }

    @Override
    protected final EventStore emptyStore() {
        prefix = newTables();
        return tested(TestDatabase.store(watched, prefix), prefix);
    }

    @Override
    protected final EventStore anotherStore(EventStore first) {
        return TestDatabase.jdbc(watched, prefix)
                .eventStoreBuilder(new JacksonEventSerializer(LedgerEvent.types()))
                .groupCommit(GroupCommitSettings.off())
                .build();
    }

    @Override
    protected final PlatformTransactionManager transactionManager() {
        return database.transactionManager(watched);
    }

    @AfterEach
    void nobodyMetADeadlock() {
        assertThat(watched.failures()).doesNotContainAnyElementsOf(DEADLOCKS);
    }
}
