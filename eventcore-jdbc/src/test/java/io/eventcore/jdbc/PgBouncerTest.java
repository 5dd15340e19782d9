package io.eventcore.jdbc;

import static io.eventcore.ExpectedVersion.any;
import static io.eventcore.ExpectedVersion.exactly;
import static io.eventcore.ExpectedVersion.noStream;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.eventcore.EventStore;
import io.eventcore.EventStoreUnavailableException;
import io.eventcore.EventStreamSlice;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.command.CommandId;
import io.eventcore.command.ExecutionResult;
import io.eventcore.projection.AppendSignal;
import io.eventcore.projection.Projection;
import io.eventcore.projection.ProjectionRunner;
import io.eventcore.test.contract.Eventually;
import io.eventcore.test.contract.LedgerEvent;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import io.eventcore.test.contract.Race;
import io.eventcore.transaction.TransactionPhase;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.PGConnection;
import org.postgresql.PGStatement;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.TransactionTemplate;

/** A PgBouncer in transaction mode: what would go from one client to another by a session is not there, or the start is refused. */
@Tag("cluster")
class PgBouncerTest {
    private static final PostgreSqlDatabase SERVER = PostgreSqlDatabase.INSTANCE;

    /** All clients share one session. */
    private static final String ONE_SESSION = "default_pool_size = 1";

    private final String prefix = SERVER.newTables();
    private final List<AutoCloseable> open = new ArrayList<>();

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable opened : open) {
            opened.close();
        }
    }

    private PgBouncer pooler(String program, String... settings) {
        PgBouncer pooler = new PgBouncer(
                program,
                PgBouncerDatabase.serverPort(),
                List.of(TestDatabase.APP),
                PostgreSqlDatabase.PASSWORD,
                settings);
        open.add(0, pooler);
        return pooler;
    }

    private HikariDataSource clients(PgBouncer pooler, int prepareThreshold) {
        HikariConfig config = new HikariConfig();
        config.setDataSource(PgBouncerDatabase.unpooled(pooler, TestDatabase.APP, prepareThreshold));
        config.setMaximumPoolSize(6);
        config.setMinimumIdle(0);
        HikariDataSource clients = new HikariDataSource(config);
        open.add(0, clients);
        return clients;
    }

    @ParameterizedTest
    @ValueSource(strings = {PgBouncer.WITHOUT_PREPARED_STATEMENTS, PgBouncer.WITH_PREPARED_STATEMENTS})
    void the_start_is_refused_where_the_names_of_prepared_statements_pass_through(String program) {
        boolean keepsApart = program.equals(PgBouncer.WITH_PREPARED_STATEMENTS);
        PgBouncer pooler = keepsApart ? pooler(program, "max_prepared_statements = 0") : pooler(program);

        assertThatExceptionOfType(EventStoreUnavailableException.class)
                .isThrownBy(() -> TestDatabase.store(clients(pooler, 5), prefix))
                .withMessageContaining("prepareThreshold=0")
                .withMessageContaining("max_prepared_statements");
        TestDatabase.store(clients(pooler, 0), prefix);
    }

    /** Why: both statements have one name. */
    @Test
    void a_client_whose_names_pass_through_runs_the_statement_of_another() throws SQLException {
        PgBouncer pooler = pooler(PgBouncer.WITHOUT_PREPARED_STATEMENTS, "default_pool_size = 2");
        try (Connection one =
                        PgBouncerDatabase.unpooled(pooler, TestDatabase.APP, 1).getConnection();
                Connection another =
                        PgBouncerDatabase.unpooled(pooler, TestDatabase.APP, 1).getConnection();
                PreparedStatement mine = one.prepareStatement("SELECT 'mine'");
                PreparedStatement theirs = another.prepareStatement("SELECT 'theirs'")) {
            one.setAutoCommit(false);
            another.setAutoCommit(false);
            // At the same time, so that each is prepared in a session of its own.
            assertThat(answer(mine)).isEqualTo("mine");
            assertThat(answer(theirs)).isEqualTo("theirs");
            one.commit();
            another.commit();

            // The session that was given back first.
            assertThat(answer(theirs)).isEqualTo("mine");
        }
    }

    private static String answer(PreparedStatement query) throws SQLException {
        query.unwrap(PGStatement.class).setPrepareThreshold(1);
        try (ResultSet row = query.executeQuery()) {
            row.next();
            return row.getString(1);
        }
    }

    @Test
    void the_start_is_refused_where_transactions_would_set_their_isolation_in_a_session_of_others() {
        PgBouncer pooler = pooler(PgBouncer.WITHOUT_PREPARED_STATEMENTS, ONE_SESSION);
        HikariDataSource clients = clients(pooler, 0);
        TestDatabase.execute(clients, "SET default_transaction_isolation = 'serializable'");

        assertThatExceptionOfType(EventStoreUnavailableException.class)
                .isThrownBy(() -> TestDatabase.store(clients, prefix))
                .withMessageContaining("default_transaction_isolation");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void nothing_is_left_in_a_session(boolean prepared) {
        PgBouncer pooler = prepared
                ? pooler(PgBouncer.WITH_PREPARED_STATEMENTS, "max_prepared_statements = 100", "default_pool_size = 4")
                : pooler(PgBouncer.WITHOUT_PREPARED_STATEMENTS, "default_pool_size = 4");
        HikariDataSource clients = clients(pooler, prepared ? 1 : 0);

        workOn(clients);

        assertThat(leftOvers(clients)).isEmpty();
        // What the rows above look for is found if it is there.
        TransactionTemplate stricter = new TransactionTemplate(new JdbcTransactionManager(clients));
        stricter.setIsolationLevel(TransactionDefinition.ISOLATION_SERIALIZABLE);
        stricter.executeWithoutResult(
                status -> JdbcClient.create(clients).sql("SELECT 1").query().singleValue());
        TestDatabase.execute(clients, "SELECT pg_advisory_lock(42)");
        TestDatabase.execute(clients, "SET lock_timeout = '1s'");
        TestDatabase.execute(clients, "LISTEN something");
        assertThat(leftOvers(clients)).contains("lock_timeout", "a lock", "something");
    }

    /** Each kind of thing that the library does. */
    private void workOn(HikariDataSource clients) {
        JdbcDatabase database = TestDatabase.jdbc(clients, prefix);
        AppendSignal signal = new AppendSignal();
        EventStore store =
                TestDatabase.builder(clients, prefix).appendListener(signal).build();
        JdbcTransactionManager transactions = new JdbcTransactionManager(clients);
        transactions.addListener(TransactionPhase.listener());
        PostgreSqlNotifications notifications = new PostgreSqlNotifications(clients, prefix, signal);
        AtomicInteger applied = new AtomicInteger();
        ProjectionRunner runner = ProjectionRunner.builder(store, database.projectionStore())
                .transactionManager(transactions)
                .poll(Duration.ofMillis(2), Duration.ofMillis(20))
                .projection(Projection.named("counted", LedgerEvent.class)
                        .on(Deposited.class, event -> applied.incrementAndGet())
                        .build())
                .build();
        notifications.start();
        runner.start();
        try {
            Race.run(4, number -> {
                for (int i = 0; i < 20; i++) {
                    StreamId own = StreamId.of("account-" + number);
                    store.appendEvents(StreamWrites.to(own, exactly(i), new Deposited(own, 1)));
                    StreamId common = StreamId.of("common");
                    store.appendEvents(StreamWrites.to(common, any(), new Deposited(common, 1))
                            .registerStream(own, exactly(i + 1L)));
                }
                return number;
            });
            new TransactionTemplate(transactions).executeWithoutResult(status -> {
                StreamId joined = StreamId.of("joined");
                store.appendEvents(StreamWrites.to(joined, noStream(), new Deposited(joined, 1)));
                store.appendEvents(StreamWrites.to(joined, exactly(1), new Deposited(joined, 1)));
            });
            database.executedCommands().executeOnce(CommandId.of("scope", "id"), "fingerprint", () -> {
                StreamId once = StreamId.of("once");
                EventStreamSlice slice = store.appendEvents(StreamWrites.to(once, noStream(), new Deposited(once, 1)));
                return ExecutionResult.of(1, slice, Map.of(), Duration.ZERO);
            });
            Eventually.until("all is applied", () -> applied.get() >= 163, runner::status);
        } finally {
            runner.stop();
            notifications.stop();
        }
        assertThat(notifications.isListening()).isFalse();
    }

    /** What others would find in the sessions of the pooler, but for what it sets itself for each client. */
    private static List<String> leftOvers(DataSource clients) {
        List<String> found = new ArrayList<>();
        // Each has a session of its own as long as its transaction lasts: all sessions are looked at.
        lookAtAll(clients, 4, found);
        return found;
    }

    private static void lookAtAll(DataSource clients, int sessions, List<String> found) {
        if (sessions == 0) {
            return;
        }
        new TransactionTemplate(new JdbcTransactionManager(clients)).executeWithoutResult(status -> {
            found.addAll(JdbcClient.create(clients).sql("""
                                    SELECT name FROM pg_settings
                                    WHERE source = 'session' AND name NOT IN ('application_name', 'extra_float_digits',
                                            'DateStyle', 'TimeZone', 'client_encoding', 'standard_conforming_strings')
                                        AND name NOT LIKE 'transaction\\_%'
                                    UNION ALL SELECT 'a lock' FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()
                                    UNION ALL SELECT pg_listening_channels()
                                    UNION ALL SELECT name FROM pg_prepared_statements WHERE name NOT LIKE 'PGBOUNCER%'
                                    UNION ALL SELECT 'a temporary table' WHERE pg_my_temp_schema() <> 0
                                    UNION ALL SELECT name FROM pg_cursors WHERE is_holdable
                                    """).query(String.class).list());
            Race.elsewhere(() -> {
                lookAtAll(clients, sessions - 1, found);
                return true;
            });
        });
    }

    @Test
    void notifications_are_sent_by_way_of_a_pooler_and_not_listened_for() throws SQLException {
        PgBouncer pooler = pooler(PgBouncer.WITHOUT_PREPARED_STATEMENTS, "default_pool_size = 4");
        HikariDataSource clients = clients(pooler, 0);
        AppendSignal signal = new AppendSignal();
        EventStore store =
                TestDatabase.builder(clients, prefix).appendListener(signal).build();
        PostgreSqlNotifications sending = new PostgreSqlNotifications(clients, prefix, signal);
        try (Connection past = SERVER.unpooled(TestDatabase.APP).getConnection()) {
            Statements.execute(past, "LISTEN " + prefix + "appended");
            sending.start();
            StreamId stream = StreamId.of("told");
            store.appendEvents(StreamWrites.to(stream, any(), new Deposited(stream, 1)));

            assertThat(past.unwrap(PGConnection.class).getNotifications(30_000)).isNotEmpty();
            assertThat(sending.isListening()).isFalse();
        } finally {
            sending.stop();
        }
        assertThat(leftOvers(clients)).isEmpty();
    }
}
