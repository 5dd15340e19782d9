package io.eventcore.jdbc;

import static io.eventcore.ExpectedVersion.any;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.eventcore.Event;
import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.EventStore;
import io.eventcore.EventStoreUnavailableException;
import io.eventcore.GlobalPosition;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.TransientEventStoreException;
import io.eventcore.projection.FailureDecision;
import io.eventcore.projection.Projection;
import io.eventcore.projection.ProjectionRunner;
import io.eventcore.projection.ProjectionState;
import io.eventcore.test.contract.Eventually;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.JdbcTransactionManager;

/**
 * The files of a server as they were at an earlier moment, under a store that goes on: as a standby whose replay has
 * not come further, promoted, or restored from a backup. Runs with the profile {@code faults}.
 */
@Tag("faults")
class PostgreSqlSetBackTest {
    private static final StreamId SLOW = StreamId.of("account-slow");
    private static final List<EventFilter> FILTERS =
            List.of(EventFilter.all(), EventFilter.all().ofTypes(Deposited.class));

    @Test
    void an_earlier_moment_in_which_an_append_was_in_flight_makes_no_reader_skip_it(@TempDir Path directory)
            throws Exception {
        Path data = directory.resolve("data");
        Path backup = directory.resolve("backup");
        EmbeddedPostgres server = start(data, 0);
        int port = server.getPort();
        try (HikariDataSource pool = pool(server)) {
            JdbcSchema.in(pool).create();
            EventStore store = TestDatabase.store(pool, TableNames.DEFAULT_PREFIX);
            List<GlobalPosition> expected = new ArrayList<>();
            expected.add(store.appendEvents(deposit("base")).lastPosition());
            prepareAppend(pool);
            for (int i = 0; i < 5; i++) {
                expected.add(store.appendEvents(deposit("fast-" + i)).lastPosition());
            }
            server.close();
            copy(data, backup);
            server = start(data, port);
            pool.getHikariPoolMXBean().softEvictConnections();
            commitPrepared(pool);
            List<List<GlobalPosition>> read = new ArrayList<>();
            for (EventFilter filter : FILTERS) {
                // One reader is slow, another one has settled the whole log.
                read.add(new ArrayList<>());
                read(store, filter, read.get(read.size() - 1), 1);
                assertThat(store.readEvents(filter, EventPage.first(100), Event.class)
                                .events())
                        .hasSize(7);
            }

            server.close();
            Files.createFile(backup.resolve("standby.signal"));
            server = start(backup, port);
            pool.getHikariPoolMXBean().softEvictConnections();
            for (int i = 0; i < FILTERS.size(); i++) {
                List<GlobalPosition> ofReader = read.get(i);
                EventFilter filter = FILTERS.get(i);
                assertThatExceptionOfType(EventStoreUnavailableException.class)
                        .isThrownBy(() -> read(store, filter, ofReader, 100))
                        .withMessageContaining("55000");
            }
            TestDatabase.execute(pool, "SELECT pg_promote(true)");
            for (int i = 0; i < FILTERS.size(); i++) {
                read(store, FILTERS.get(i), read.get(i), 100);
            }
            commitPrepared(pool);

            for (int i = 0; i < FILTERS.size(); i++) {
                read(store, FILTERS.get(i), read.get(i), 100);
                assertThat(read.get(i)).as("%s", FILTERS.get(i)).hasSize(7).containsAll(expected);
            }
        } finally {
            server.close();
        }
    }

    @Test
    void a_backup_that_is_restored_under_running_projections_takes_them_back_with_it(@TempDir Path directory)
            throws Exception {
        Path data = directory.resolve("data");
        Path backup = directory.resolve("backup");
        EmbeddedPostgres server = start(data, 0);
        int port = server.getPort();
        HikariDataSource pool = pool(server);
        JdbcSchema.in(pool).create();
        TestDatabase.execute(pool, "CREATE TABLE applied (position bigint, event_id uuid)");
        EventStore store = TestDatabase.store(pool, TableNames.DEFAULT_PREFIX);
        ProjectionRunner runner = runner(store, pool);
        runner.start();
        try {
            append(store, "before", 50);
            awaitApplied(runner, pool, 50);
            server.close();
            copy(data, backup);
            server = start(data, port);
            pool.getHikariPoolMXBean().softEvictConnections();
            append(store, "lost", 50);
            awaitApplied(runner, pool, 100);

            server.close();
            server = start(backup, port);
            pool.getHikariPoolMXBean().softEvictConnections();
            try (HikariDataSource others = pool(server)) {
                append(TestDatabase.store(others, TableNames.DEFAULT_PREFIX), "after", 70);
            }

            awaitApplied(runner, pool, 120);
            assertThat(runner.status().get(0).partitions().get(0).state()).isEqualTo(ProjectionState.LIVE);
        } finally {
            runner.stop();
            pool.close();
            server.close();
        }
    }

    private static ProjectionRunner runner(EventStore store, HikariDataSource pool) {
        JdbcClient client = JdbcClient.create(pool);
        return ProjectionRunner.builder(store, JdbcDatabase.of(pool).projectionStore())
                .transactionManager(new JdbcTransactionManager(pool))
                .poll(Duration.ofMillis(5), Duration.ofMillis(200))
                .retryPause(Duration.ofMillis(5), Duration.ofMillis(100))
                .projection(Projection.named("applied", Event.class)
                        .on(
                                Event.class,
                                event -> client.sql("INSERT INTO applied VALUES (?, ?)")
                                        .params(event.position().value(), event.id())
                                        .update())
                        .onError(failure -> FailureDecision.RETRY)
                        .build())
                .build();
    }

    private static void append(EventStore store, String account, int events) {
        for (int i = 0; i < events; i++) {
            untilStored(store, deposit(account));
        }
    }

    /** The pool may still hold connections to the server that was stopped. */
    private static void untilStored(EventStore store, StreamWrites writes) {
        while (true) {
            try {
                store.appendEvents(writes);
                return;
            } catch (TransientEventStoreException | EventStoreUnavailableException again) {
                assertThat(again).hasMessageNotContaining("refused");
            }
        }
    }

    /** Until exactly the events of the log are applied, each once. */
    private static void awaitApplied(ProjectionRunner runner, HikariDataSource pool, int events) {
        JdbcClient client = JdbcClient.create(pool);
        Eventually.until(
                events + " events of the log are applied, and nothing else",
                () -> events == client.sql("""
                                SELECT count(*) - 2 * count(*) FILTER (WHERE e.event_id IS NULL OR a.event_id IS NULL)
                                FROM eventcore_event e FULL JOIN applied a ON a.position = e.position
                                    AND a.event_id = e.event_id
                                """).query(Integer.class).single(),
                runner::status);
    }

    private static void read(EventStore store, EventFilter filter, List<GlobalPosition> into, int limit) {
        GlobalPosition after = into.isEmpty() ? GlobalPosition.START : into.get(into.size() - 1);
        store.readEvents(filter, EventPage.after(after, limit), Event.class)
                .events()
                .forEach(event -> into.add(event.position()));
    }

    private static void prepareAppend(HikariDataSource pool) throws SQLException {
        try (Connection connection = pool.getConnection();
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            statement.execute("""
                    SELECT eventcore_append(ARRAY['%s'], ARRAY[-1]::bigint[], ARRAY[1], ARRAY[1], ARRAY[1],
                        ARRAY[gen_random_uuid()::text], ARRAY['ledger.deposited'], ARRAY['{"account": "%1$s", "cents": 1}'],
                        NULL, TRUE, TRUE, ARRAY[]::text[])
                    """.formatted(SLOW));
            statement.execute("PREPARE TRANSACTION 'slow'");
            connection.setAutoCommit(true);
        }
    }

    private static void commitPrepared(HikariDataSource pool) {
        TestDatabase.execute(pool, "COMMIT PREPARED 'slow'");
    }

    private static StreamWrites deposit(String account) {
        StreamId id = StreamId.of("account-" + account);
        return StreamWrites.to(id, any(), new Deposited(id, 1));
    }

    private static EmbeddedPostgres start(Path data, int port) throws IOException {
        EmbeddedPostgres.Builder builder = EmbeddedPostgres.builder()
                .setDataDirectory(data)
                .setCleanDataDirectory(false)
                .setPGStartupWait(Duration.ofMinutes(1))
                .setServerConfig("synchronous_commit", "on")
                .setServerConfig("max_prepared_transactions", "10");
        return (port == 0 ? builder : builder.setPort(port)).start();
    }

    private static HikariDataSource pool(EmbeddedPostgres server) {
        HikariConfig config = new HikariConfig();
        config.setDataSource(server.getPostgresDatabase());
        config.setMaximumPoolSize(6);
        config.setConnectionTimeout(10_000);
        return new HikariDataSource(config);
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            files.forEach(file -> {
                try {
                    Files.copy(file, to.resolve(from.relativize(file)), StandardCopyOption.COPY_ATTRIBUTES);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        }
        Files.setPosixFilePermissions(to, PosixFilePermissions.fromString("rwx------"));
    }
}
