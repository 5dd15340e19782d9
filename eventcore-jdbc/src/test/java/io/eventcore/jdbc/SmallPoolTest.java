package io.eventcore.jdbc;

import static io.eventcore.ExpectedVersion.any;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.eventcore.EventStore;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.StreamWrites;
import io.eventcore.TransientEventStoreException;
import io.eventcore.command.CommandId;
import io.eventcore.command.ExecutionResult;
import io.eventcore.test.contract.Eventually;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import io.eventcore.test.contract.Race;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DataSourceUtils;

/**
 * However few connections the pool has, those who wait for streams that a foreign transaction has locked leave some of
 * them to all other callers: as long as the lock is held, appends to free streams go on.
 *
 * <p>The foreign transaction has a connection outside of the pool, and ends only when the others are done.
 */
class SmallPoolTest {
    private static final int WAITING = 12;
    private static final int THREADS = 4;
    private static final int APPENDS_PER_THREAD = 25;
    private static final int PATIENCE_MILLIS = 10_000;

    @Nested
    class On_postgresql extends Rows {
        On_postgresql() {
            super(PostgreSqlDatabase.INSTANCE);
        }

        @Test
        void who_waits_without_a_connection_gives_up_when_the_session_would() {
            HikariConfig config = database.appConfig();
            config.setConnectionInitSql("SET lock_timeout = '200ms'");
            EventStore store = store(config, 1, GroupCommitSettings.defaults());

            Holder holder = Holder.of(database.dataSource(), () -> lock(held(0)));
            try {
                assertThatExceptionOfType(TransientEventStoreException.class)
                        .isThrownBy(() -> store.appendEvents(deposit(held(0))))
                        .withMessageContaining("held-0")
                        .withMessageContaining("PT0.2S");
            } finally {
                holder.rollBack();
            }

            assertThat(outside.streamVersion(held(0))).isEqualTo(StreamVersion.of(1));
        }

        @ParameterizedTest(name = "pool of {0}, group commit {1}")
        @CsvSource({"1, true", "1, false", "4, false"})
        void while_the_table_is_locked_appends_wait(int connections, boolean grouping) {
            EventStore store = store(connections, grouping);
            JdbcTemplate owner = new JdbcTemplate(database.ownersDataSource());
            Holder holder = Holder.of(
                    database.ownersDataSource(), () -> owner.execute("LOCK TABLE " + prefix + "stream IN SHARE MODE"));
            List<Future<?>> waiters = new ArrayList<>();
            try {
                IntStream.range(0, WAITING)
                        .forEach(i -> waiters.add(threads.submit(() -> store.appendEvents(deposit(held(i))))));
                Eventually.until("a session waits for the table", () -> waitsForTable(owner));
                assertThat(waiters).noneMatch(Future::isDone);
            } finally {
                holder.rollBack();
            }
            waiters.forEach(waiter -> Race.elsewhere(waiter::get));
        }

        private boolean waitsForTable(JdbcTemplate owner) {
            return Boolean.TRUE.equals(owner.queryForObject(
                    "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND relation = ?::regclass)",
                    Boolean.class,
                    prefix + "stream"));
        }
    }

    @Nested
    class On_h2 extends Rows {
        On_h2() {
            super(H2Database.INSTANCE);
        }
    }

    @Nested
    @Tag("mariadb")
    class On_mariadb extends Rows {
        On_mariadb() {
            super(MariaDbDatabase.INSTANCE);
        }
    }

    abstract static class Rows {
        final TestDatabase database;
        final ExecutorService threads = Executors.newCachedThreadPool();
        final String prefix;
        final EventStore outside;
        private HikariDataSource pool = new HikariDataSource();

        Rows(TestDatabase database) {
            this.database = database;
            this.prefix = database.newTables();
            this.outside = database.store(prefix);
        }

        @BeforeEach
        void letTheHeldStreamsBeThere() {
            for (int i = 0; i < WAITING; i++) {
                outside.appendEvents(deposit(held(i)));
            }
        }

        @AfterEach
        void endAll() {
            threads.shutdownNow();
            pool.close();
        }

        @ParameterizedTest(name = "pool of {0}, group commit {1}")
        @CsvSource({"1, true", "2, true", "1, false", "2, false", "3, false", "4, false", "10, false"})
        void while_one_stream_is_held_others_append(int connections, boolean grouping) {
            EventStore store = store(connections, grouping);

            assertOthersAppend(store, 1, number -> () -> store.appendEvents(deposit(held(0))));
        }

        @ParameterizedTest(name = "pool of {0}, group commit {1}")
        @CsvSource({"1, true", "4, true", "3, false"})
        void while_many_streams_are_held_others_append(int connections, boolean grouping) {
            EventStore store = store(connections, grouping);

            assertOthersAppend(store, WAITING, number -> () -> store.appendEvents(deposit(held(number))));
        }

        @ParameterizedTest(name = "pool of {0}, group commit {1}")
        @CsvSource({"1, true", "4, false"})
        void while_those_wait_who_write_a_held_stream_among_others_others_append(int connections, boolean grouping) {
            EventStore store = store(connections, grouping);

            assertOthersAppend(
                    store, 1, number -> () -> store.appendEvents(deposit(held(0), StreamId.of("a-" + number))));
        }

        @ParameterizedTest(name = "pool of {0}")
        @ValueSource(ints = 4)
        void while_appends_that_are_too_large_for_a_batch_wait_others_append(int connections) {
            EventStore store = store(
                    connections, GroupCommitSettings.defaults().withMaxEvents(1).withMaxBytes(1_000_000));

            assertOthersAppend(
                    store, 1, number -> () -> store.appendEvents(deposit(held(0), StreamId.of("a-" + number))));
        }

        @ParameterizedTest(name = "pool of {0}")
        @ValueSource(ints = {1, 4})
        void while_commands_with_an_id_wait_others_append(int connections) {
            EventStore store = store(connections, GroupCommitSettings.defaults());
            JdbcExecutedCommands commands = TestDatabase.jdbc(pool, prefix).executedCommands();

            assertOthersAppend(
                    store,
                    1,
                    number -> () -> commands.executeOnce(
                            new CommandId("test", "command-" + number),
                            "fingerprint",
                            () -> ExecutionResult.of(
                                    1, store.appendEvents(deposit(held(0))), Map.of(), Duration.ZERO)));
        }

        @ParameterizedTest(name = "pool of {0}")
        @ValueSource(ints = 4)
        void while_one_command_id_comes_many_times_others_append_and_it_is_executed_once(int connections) {
            EventStore store = store(connections, GroupCommitSettings.defaults());
            JdbcExecutedCommands commands = TestDatabase.jdbc(pool, prefix).executedCommands();

            long appended = appendedByThoseWhoWait(
                    store,
                    1,
                    number -> () -> commands.executeOnce(
                            new CommandId("test", "the-same"),
                            "fingerprint",
                            () -> ExecutionResult.of(
                                    1, store.appendEvents(deposit(held(0))), Map.of(), Duration.ZERO)));

            assertThat(appended).isEqualTo(1);
        }

        /** It holds no connection, so it has locked nothing. */
        @ParameterizedTest(name = "group commit {0}")
        @ValueSource(booleans = {true, false})
        void who_comes_to_wait_for_another_stream_leaves_the_first_to_others(boolean grouping) {
            EventStore store = store(1, grouping);
            Future<?> both;
            Future<?> behind;
            Holder other = Holder.of(database.dataSource(), () -> lock(held(1)));
            try {
                Holder first = Holder.of(database.dataSource(), () -> lock(held(0)));
                try {
                    both = threads.submit(() -> store.appendEvents(deposit(held(0), held(1))));
                    behind = threads.submit(() -> store.appendEvents(deposit(held(0))));
                } finally {
                    first.rollBack();
                }

                Race.elsewhere(() -> store.appendEvents(deposit(held(0))));
                Race.elsewhere(behind::get);

                assertThat(both).isNotDone();
            } finally {
                other.rollBack();
            }
            Race.elsewhere(both::get);
            assertThat(outside.streamVersion(held(1))).isEqualTo(StreamVersion.of(2));
        }

        /**
         * Holds streams, lets some threads wait for them and then others append to streams of their own: all of these must be
         * done before the foreign transaction ends, and all who waited after it.
         */
        private long appendedByThoseWhoWait(EventStore store, int heldStreams, IntFunction<Runnable> waiting) {
            List<Future<?>> waiters = new ArrayList<>();
            Holder holder = Holder.of(
                    database.dataSource(),
                    () -> lock(
                            IntStream.range(0, heldStreams).mapToObj(Rows::held).toArray(StreamId[]::new)));
            try {
                IntStream.range(0, WAITING).forEach(number -> waiters.add(threads.submit(waiting.apply(number))));
                Race.run(THREADS, thread -> {
                    for (int i = 0; i < APPENDS_PER_THREAD; i++) {
                        store.appendEvents(deposit(StreamId.of("free-" + thread)));
                    }
                    return thread;
                });

                assertThat(waiters).noneMatch(Future::isDone);
            } finally {
                holder.rollBack();
            }
            waiters.forEach(waiter -> Race.elsewhere(waiter::get));
            long appended = 0;
            for (int i = 0; i < heldStreams; i++) {
                appended += outside.streamVersion(held(i)).value() - 1;
            }
            assertThat(outside.streamVersion(StreamId.of("free-0"))).isEqualTo(StreamVersion.of(APPENDS_PER_THREAD));
            return appended;
        }

        private void assertOthersAppend(EventStore store, int heldStreams, IntFunction<Runnable> waiting) {
            assertThat(appendedByThoseWhoWait(store, heldStreams, waiting)).isEqualTo(WAITING);
        }

        final void lock(StreamId... streams) {
            Connection connection = DataSourceUtils.getConnection(database.dataSource());
            try {
                for (StreamId stream : streams) {
                    database.lock(connection, prefix, stream);
                }
            } catch (SQLException e) {
                throw new IllegalStateException(e);
            }
        }

        final EventStore store(int connections, boolean grouping) {
            return store(connections, grouping ? GroupCommitSettings.defaults() : GroupCommitSettings.off());
        }

        final EventStore store(int connections, GroupCommitSettings groupCommit) {
            return store(database.appConfig(), connections, groupCommit);
        }

        final EventStore store(HikariConfig config, int connections, GroupCommitSettings groupCommit) {
            config.setMaximumPoolSize(connections);
            config.setConnectionTimeout(PATIENCE_MILLIS);
            pool = new HikariDataSource(config);
            return TestDatabase.builder(pool, prefix).groupCommit(groupCommit).build();
        }

        static StreamId held(int number) {
            return StreamId.of("held-" + number);
        }

        static StreamWrites deposit(StreamId... accounts) {
            StreamWrites writes = StreamWrites.empty();
            for (StreamId account : accounts) {
                writes = writes.registerStream(account, any()).append(new Deposited(account, 1));
            }
            return writes;
        }
    }
}
