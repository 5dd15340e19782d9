package io.eventcore.jdbc;

import static io.eventcore.ExpectedVersion.any;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.EventStore;
import io.eventcore.EventStreamSlice;
import io.eventcore.GlobalPosition;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.command.CommandId;
import io.eventcore.command.ExecutedCommands;
import io.eventcore.command.ExecutionResult;
import io.eventcore.projection.Checkpoint;
import io.eventcore.projection.Lease;
import io.eventcore.projection.ProjectionPartition;
import io.eventcore.snapshot.SnapshotKey;
import io.eventcore.snapshot.StoredSnapshot;
import io.eventcore.test.contract.LedgerEvent;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import io.eventcore.transaction.TransactionPhase;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DelegatingDataSource;
import org.springframework.jdbc.datasource.IsolationLevelDataSourceAdapter;
import org.springframework.jdbc.datasource.LazyConnectionDataSourceProxy;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;
import org.springframework.jdbc.datasource.TransactionAwareDataSourceProxy;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** No proxy of a data source, in any order, makes the store end or miss the transaction of its caller. */
class DataSourceProxiesTest {
    private static final H2Database DATABASE = H2Database.INSTANCE;
    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final AtomicInteger NUMBERS = new AtomicInteger();

    private static HikariDataSource pool = new HikariDataSource();
    private static String prefix = "";

    @BeforeAll
    static void createTables() {
        pool = new HikariDataSource(DATABASE.appConfig());
        prefix = DATABASE.newTables();
        DATABASE.createTable(prefix + "business", "id integer primary key");
    }

    @AfterAll
    static void close() {
        pool.close();
    }

    /** A proxy of Spring's. */
    enum Proxy {
        DELEGATING,
        LAZY,
        TRANSACTION_AWARE,
        ISOLATION;

        DataSource around(DataSource target) {
            return switch (this) {
                case DELEGATING -> new DelegatingDataSource(target);
                case LAZY -> new LazyConnectionDataSourceProxy(target);
                case TRANSACTION_AWARE -> new TransactionAwareDataSourceProxy(target);
                case ISOLATION -> {
                    IsolationLevelDataSourceAdapter adapter = new IsolationLevelDataSourceAdapter();
                    adapter.setTargetDataSource(target);
                    yield adapter;
                }
            };
        }
    }

    /** All chains of up to three, outermost first. */
    static Stream<Arguments> chains() {
        List<List<Proxy>> chains = new ArrayList<>();
        chains.add(List.of());
        for (int from = 0, length = 1; length <= 3; length++) {
            int to = chains.size();
            for (; from < to; from++) {
                for (Proxy proxy : Proxy.values()) {
                    List<Proxy> longer = new ArrayList<>(chains.get(from));
                    longer.add(proxy);
                    chains.add(longer);
                }
            }
        }
        return chains.stream().map(Arguments::of);
    }

    private static DataSource around(DataSource innermost, List<Proxy> chain) {
        DataSource proxied = innermost;
        for (int i = chain.size() - 1; i >= 0; i--) {
            proxied = chain.get(i).around(proxied);
        }
        return proxied;
    }

    private static TransactionTemplate transaction(DataSource dataSource) {
        JdbcTransactionManager manager = new JdbcTransactionManager(dataSource);
        manager.addListener(TransactionPhase.listener());
        return new TransactionTemplate(manager);
    }

    @ParameterizedTest
    @MethodSource("chains")
    void the_store_does_what_it_does_without_proxies(List<Proxy> chain) {
        DataSource proxied = around(pool, chain);
        Operations operations = new Operations(proxied);
        boolean managerMayBeProxied = !chain.contains(Proxy.TRANSACTION_AWARE);

        for (DataSource managed : managerMayBeProxied ? List.of(pool, proxied) : List.of((DataSource) pool)) {
            for (Operation operation : Operation.values()) {
                check(operations, managed, operation);
            }
        }
    }

    private static void check(Operations operations, DataSource managed, Operation operation) {
        TransactionTemplate transaction = transaction(managed);
        int rolledBack = NUMBERS.incrementAndGet();
        transaction.executeWithoutResult(status -> {
            insert(managed, rolledBack);
            operation.on(operations, rolledBack);
            assertThat(operations.store.internals().joinsCallersTransaction()).isTrue();
            status.setRollbackOnly();
        });
        assertThat(rows(rolledBack)).as("%s, rolled back", operation).isZero();
        assertThat(operations.store.streamVersion(stream(rolledBack)).exists()).isFalse();
        assertThat(operations.commands.find(command(rolledBack))).isEmpty();

        int committed = NUMBERS.incrementAndGet();
        transaction.executeWithoutResult(status -> {
            insert(managed, committed);
            operation.on(operations, committed);
        });
        assertThat(rows(committed)).as("%s, committed", operation).isEqualTo(1);
        assertThat(operations.store.streamVersion(stream(committed)).exists()).isEqualTo(operation == Operation.APPEND);
        assertThat(operations.commands.find(command(committed)).isPresent())
                .isEqualTo(operation == Operation.COMMAND_ID);
    }

    private static void insert(DataSource managed, int number) {
        JdbcClient.create(managed)
                .sql("INSERT INTO " + prefix + "business (id) VALUES (?)")
                .param(number)
                .update();
    }

    private static int rows(int number) {
        return JdbcClient.create(DATABASE.dataSource())
                .sql("SELECT count(*) FROM " + prefix + "business WHERE id = ?")
                .param(number)
                .query(Integer.class)
                .single();
    }

    private static StreamId stream(int number) {
        return StreamId.of("account-" + number);
    }

    private static CommandId command(int number) {
        return new CommandId("test", "command-" + number);
    }

    /** All that works in the tables of the store. */
    private static final class Operations {
        private final EventStore store;
        private final JdbcSnapshotStore snapshots;
        private final ExecutedCommands commands;
        private final JdbcProjectionStore projections;

        Operations(DataSource dataSource) {
            this.store = TestDatabase.store(dataSource, prefix);
            this.snapshots = TestDatabase.jdbc(dataSource, prefix).snapshotStore();
            this.commands = TestDatabase.jdbc(dataSource, prefix).executedCommands();
            this.projections = TestDatabase.jdbc(dataSource, prefix).projectionStore();
        }
    }

    /** What may be done in the middle of a transaction. */
    enum Operation {
        APPEND {
            @Override
            void on(Operations all, int number) {
                all.store.appendEvents(StreamWrites.to(stream(number), any(), new Deposited(stream(number), 1)));
            }
        },
        READ_STREAM {
            @Override
            void on(Operations all, int number) {
                assertThat(all.store
                                .readStream(stream(number), LedgerEvent.class)
                                .toList())
                        .isEmpty();
            }
        },
        READ_EVENTS {
            @Override
            void on(Operations all, int number) {
                all.store.readEvents(EventFilter.all(), EventPage.first(1), LedgerEvent.class);
                all.store.lastPosition();
            }
        },
        STREAM_VERSION {
            @Override
            void on(Operations all, int number) {
                assertThat(all.store.streamVersion(stream(number)).exists()).isFalse();
            }
        },
        SNAPSHOT {
            @Override
            void on(Operations all, int number) {
                SnapshotKey key = new SnapshotKey("type", "inputs-" + number);
                all.snapshots.save(key, new StoredSnapshot(1, Map.of(), GlobalPosition.of(1), "{}"));
                assertThat(all.snapshots.find(key)).isPresent();
            }
        },
        COMMAND_ID {
            @Override
            void on(Operations all, int number) {
                ExecutionResult result = ExecutionResult.of(1, EventStreamSlice.empty(), Map.of(), Duration.ZERO);
                all.commands.executeOnce(command(number), "print", () -> result);
            }
        },
        LEASE {
            @Override
            void on(Operations all, int number) {
                String name = "projection-" + number;
                all.projections.register(name, 1, 1, GlobalPosition.START);
                ProjectionPartition partition = new ProjectionPartition(name, 1, 0);
                Lease lease =
                        all.projections.acquire(partition, 1, "me", MINUTE).orElseThrow();
                all.projections.renew(List.of(lease), MINUTE);
                assertThat(all.projections.isCurrent(lease, MINUTE)).isTrue();
                Checkpoint begin = all.projections.checkpoint(partition);
                assertThat(all.projections.advance(lease, begin, begin, List.of()))
                        .isTrue();
            }
        };

        abstract void on(Operations all, int number);
    }

    /** One connection for all cannot be the caller's and the store's own. */
    @Test
    void where_there_is_but_one_connection_the_log_is_refused_instead_of_the_transaction_ended() throws SQLException {
        try (Connection only = DATABASE.dataSource().getConnection()) {
            SingleConnectionDataSource single = new SingleConnectionDataSource(only, true);
            EventStore store = TestDatabase.store(single, prefix);
            int number = NUMBERS.incrementAndGet();

            transaction(single).executeWithoutResult(status -> {
                store.appendEvents(StreamWrites.to(stream(number), any(), new Deposited(stream(number), 1)));
                assertThatExceptionOfType(IllegalStateException.class)
                        .isThrownBy(() -> store.readEvents(EventFilter.all(), EventPage.first(1), LedgerEvent.class))
                        .withMessageContaining("caller's transaction");
                status.setRollbackOnly();
            });

            assertThat(store.streamVersion(stream(number)).exists()).isFalse();
        }
    }

    /** A proxy that is not Spring's own may do something that a connection needs, so it cannot be left out. */
    @Test
    void an_unknown_proxy_that_hands_out_the_callers_connection_is_refused() {
        DataSource unknown = new DelegatingDataSource(new TransactionAwareDataSourceProxy(pool)) {};
        EventStore store = TestDatabase.store(unknown, prefix);
        int number = NUMBERS.incrementAndGet();

        transaction(pool).executeWithoutResult(status -> {
            store.appendEvents(StreamWrites.to(stream(number), any(), new Deposited(stream(number), 1)));
            assertThatExceptionOfType(IllegalStateException.class)
                    .isThrownBy(() -> store.readEvents(EventFilter.all(), EventPage.first(1), LedgerEvent.class));
            status.setRollbackOnly();
        });

        assertThat(store.streamVersion(stream(number)).exists()).isFalse();
        assertThat(store.readEvents(EventFilter.all(), EventPage.first(1), LedgerEvent.class))
                .isNotNull();
    }

    /** Without auto-commit, what is written to a connection that is merely kept would never be committed. */
    @Test
    void a_connection_kept_for_another_data_sources_transaction_is_not_joined_without_auto_commit_either() {
        HikariConfig config = DATABASE.appConfig();
        config.setAutoCommit(false);
        JdbcDataSource other = new JdbcDataSource();
        other.setUrl("jdbc:h2:mem:another");
        int number = NUMBERS.incrementAndGet();
        try (HikariDataSource byHand = new HikariDataSource(config)) {
            EventStore store = TestDatabase.store(byHand, prefix);

            transaction(other).executeWithoutResult(status -> {
                JdbcClient.create(byHand).sql("SELECT 1").query(Integer.class).single();
                assertThat(store.internals().joinsCallersTransaction()).isFalse();
                store.appendEvents(StreamWrites.to(stream(number), any(), new Deposited(stream(number), 1)));
                status.setRollbackOnly();
            });

            assertThat(store.streamVersion(stream(number)).exists()).isTrue();
        }
    }
}
