package io.eventcore.jdbc;

import static io.eventcore.ExpectedVersion.any;
import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import io.eventcore.Event;
import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.EventStore;
import io.eventcore.EventStoreUnavailableException;
import io.eventcore.GlobalPosition;
import io.eventcore.StreamId;
import io.eventcore.StreamPrefix;
import io.eventcore.StreamWrites;
import io.eventcore.TransientEventStoreException;
import io.eventcore.command.Command;
import io.eventcore.command.CommandExecutor;
import io.eventcore.command.Stream;
import io.eventcore.command.WarmStreamSettings;
import io.eventcore.projection.Projection;
import io.eventcore.projection.ProjectionRunner;
import io.eventcore.projection.ProjectionState;
import io.eventcore.projection.ProjectionStatus;
import io.eventcore.reaction.Reaction;
import io.eventcore.test.contract.Eventually;
import io.eventcore.test.contract.LedgerEvent;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.JdbcTransactionManager;

/**
 * A cluster in asynchronous mode acknowledges what no standby has. Its primary dies with such commits, and another one, which
 * never had them, takes its place under an application that goes on.
 */
@Tag("cluster")
class PatroniLostCommitsTest {
    private static final StreamId ADA = StreamId.of("account-ada");
    private static final StreamId BOB = StreamId.of("account-bob");
    private static final EventFilter ACCOUNTS = EventFilter.prefix(StreamPrefix.of("account"));

    private static PatroniCluster cluster;

    private final List<ProjectionRunner> running = new ArrayList<>();
    private HikariDataSource pool;
    private JdbcClient jdbc;
    private EventStore store;

    @BeforeAll
    static void startCluster() {
        cluster = PatroniCluster.start();
        cluster.beAsynchronous();
    }

    @AfterAll
    static void closeCluster() {
        cluster.close();
    }

    @BeforeEach
    void emptyStore() {
        cluster.awaitHealthy();
        pool = PatroniCluster.pool(cluster.balancedUrl(), PatroniNode.USER, 8);
        jdbc = JdbcClient.create(pool);
        TestDatabase.execute(pool, "DROP SCHEMA public CASCADE; CREATE SCHEMA public");
        JdbcSchema.in(pool).create();
        store = TestDatabase.store(pool, TableNames.DEFAULT_PREFIX);
    }

    @AfterEach
    void stop() {
        running.forEach(ProjectionRunner::stop);
        pool.close();
    }

    @Test
    void projections_notice_that_the_log_was_set_back_and_a_reset_repairs_what_was_not_set_back_with_it() {
        ConcurrentLinkedQueue<UUID> elsewhere = new ConcurrentLinkedQueue<>();
        TestDatabase.execute(pool, "CREATE TABLE applied (event_id uuid)");
        ProjectionRunner runner = start(
                Projection.named("beside", Event.class)
                        .filter(ACCOUNTS)
                        .on(
                                Event.class,
                                event -> jdbc.sql("INSERT INTO applied VALUES (?)")
                                        .param(event.id())
                                        .update())
                        .build(),
                Projection.named("elsewhere", Event.class)
                        .filter(ACCOUNTS)
                        .on(Event.class, event -> elsewhere.add(event.id()))
                        .atLeastOnce()
                        .clearedBy(elsewhere::clear)
                        .build(),
                Reaction.asProjection(
                        Reaction.named("bonuses", LedgerEvent.class)
                                .filter(ACCOUNTS)
                                .on(Deposited.class, event -> List.of(new Pay(StreamId.of("bonus"))))
                                .build(),
                        CommandExecutor.builder(store)
                                .executedCommands(JdbcDatabase.of(pool).executedCommands())
                                .build()));
        List<UUID> kept = deposit(ADA, 50);
        Eventually.until("all is applied", () -> isApplied(50, elsewhere), runner::status);

        List<UUID> lost = new ArrayList<>();
        loseCommits(() -> {
            lost.addAll(deposit(ADA, 30));
            Eventually.until("all is applied", () -> isApplied(80, elsewhere), runner::status);
        });
        List<UUID> after = deposit(BOB, 70);

        List<UUID> log = new ArrayList<>(kept);
        log.addAll(after);
        assertThat(ids()).isEqualTo(log).doesNotContainAnyElementsOf(lost);
        Eventually.until(
                "the read model beside the log is the log again",
                () -> applied().equals(log),
                runner::status);
        for (String name : List.of("elsewhere", "bonuses")) {
            Eventually.until(
                    name + " has stopped", () -> state(runner, name) == ProjectionState.FAILED, runner::status);
        }
        assertThat(lastFailure(runner, "elsewhere"))
                .contains("set back", "'elsewhere/0'", "applied events that are lost", "reset it", "restore the log");
        assertThat(List.copyOf(elsewhere)).startsWith(kept.toArray(UUID[]::new)).containsAll(lost);

        runner.reset("elsewhere");

        Eventually.until("it is the log again", () -> List.copyOf(elsewhere).equals(log), runner::status);
        // Its commands are in the database that lost them, so it goes on from there and answers what is new.
        assertThat(lastFailure(runner, "bonuses")).contains("set back", "'bonuses/0'", "resume it");
        runner.resume("bonuses");
        Eventually.until("all of the log is answered", () -> answered().size() >= log.size(), runner::status);
        assertThat(answered()).containsExactlyInAnyOrderElementsOf(log);
        Eventually.until(
                "all are live",
                () -> runner.status().stream().allMatch(status -> state(status) == ProjectionState.LIVE),
                runner::status);
    }

    @Test
    void a_reader_that_trusts_what_the_dead_primary_had_settled_skips_an_event_and_ours_does_not() throws SQLException {
        List<Reader> readers = new ArrayList<>();
        DataSource sameServer = ChangedStatements.of(
                pool, sql -> sql.replace("pg_postmaster_start_time()", "timestamptz '2001-01-01'"));
        for (EventFilter filter : List.of(EventFilter.all(), ACCOUNTS)) {
            readers.add(new Reader(store, filter));
            readers.add(new Reader(TestDatabase.store(sameServer, TableNames.DEFAULT_PREFIX), filter));
        }
        deposit(ADA, 1);
        prepareDeposit(BOB);
        deposit(ADA, 5);

        loseCommits(() -> {
            TestDatabase.execute(pool, "COMMIT PREPARED 'slow'");
            for (Reader reader : readers) {
                // One reader is slow, another one of the same store settles the whole log.
                reader.read(1);
                assertThat(reader.store
                                .readEvents(reader.filter, EventPage.first(100), Event.class)
                                .events())
                        .hasSize(7);
            }
        });
        readers.forEach(reader -> reader.read(100));
        TestDatabase.execute(pool, "COMMIT PREPARED 'slow'");
        readers.forEach(reader -> reader.read(100));

        List<UUID> log = ids();
        assertThat(log).hasSize(7);
        assertThat(readers.stream().filter(reader -> reader.store == store))
                .hasSize(2)
                .allSatisfy(reader -> assertThat(reader.seen).isEqualTo(log));
        assertThat(readers.stream().filter(reader -> reader.store != store))
                .hasSize(2)
                .allSatisfy(reader -> assertThat(reader.seen).hasSize(6).isNotEqualTo(log));
    }

    /** The limit that decision 97 states: the newest event that is known has survived, an older one has not. */
    @Test
    void a_command_may_rest_on_a_lost_event_below_one_that_survived_until_known_streams_are_forgotten()
            throws SQLException {
        CommandExecutor executor = CommandExecutor.builder(store)
                .warmStreams(WarmStreamSettings.defaults().withLogCheckedWithin(Duration.ofMinutes(10)))
                .build();
        List<Long> balances = new CopyOnWriteArrayList<>();
        executor.execute(new Note(BOB, balances, true));
        try (Connection gate = pool.getConnection();
                Statement statement = gate.createStatement()) {
            statement.execute("SELECT pg_advisory_lock(4711)");
            letCommitsWaitFor(BOB);
            CompletableFuture<?> slow =
                    CompletableFuture.runAsync(() -> executor.execute(new Note(BOB, balances, true)));
            Eventually.until(
                    "it is at its commit",
                    () -> jdbc.sql("SELECT count(*) = 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
                            .query(Boolean.class)
                            .single());
            executor.execute(new Note(ADA, balances, true));

            loseCommits(() -> {
                execute(statement, "SELECT pg_advisory_unlock(4711)");
                slow.join();
            });
        }
        untilDone(() -> store.appendEvents(StreamWrites.to(BOB, any(), new Deposited(BOB, 1_000))));
        // Looks for the newest event that is known, after whatever has failed, and finds it.
        untilDone(() -> executor.execute(new Note(ADA, balances, false)));

        executor.execute(new Note(BOB, balances, true));
        assertThat(balances)
                .as("what was lost counts, what took its place does not")
                .endsWith(2L);
        executor.forgetStreams();
        executor.execute(new Note(BOB, balances, true));
        assertThat(balances).endsWith(1_002L);
    }

    /** From now on an append to this stream waits before its commit for as long as another session holds a lock. */
    private void letCommitsWaitFor(StreamId stream) {
        Long key = jdbc.sql("SELECT stream_key FROM eventcore_stream WHERE stream_id = ?")
                .param(stream.value())
                .query(Long.class)
                .single();
        TestDatabase.execute(pool, """
                CREATE FUNCTION wait_at_commit() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                    PERFORM pg_advisory_xact_lock_shared(4711);
                    RETURN NULL;
                END
                $$;
                CREATE CONSTRAINT TRIGGER wait_at_commit AFTER INSERT ON eventcore_event DEFERRABLE INITIALLY DEFERRED
                FOR EACH ROW WHEN (NEW.stream_key = %d) EXECUTE FUNCTION wait_at_commit()
                """.formatted(key));
    }

    private static void execute(Statement statement, String sql) {
        try {
            statement.execute(sql);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The primary dies with what is committed meanwhile, and there is another one without it. */
    private void loseCommits(Runnable meanwhile) {
        PatroniNode primary = cluster.primary();
        PatroniCluster.awaitReplay(jdbc);
        primary.freezeSenders(jdbc);
        meanwhile.run();
        primary.kill();
        cluster.awaitOtherPrimaryThan(primary);
        primary.start();
        pool.getHikariPoolMXBean().softEvictConnections();
        untilDone(() -> jdbc.sql("SELECT 1").query(Integer.class).single());
    }

    private ProjectionRunner start(Projection<?>... projections) {
        ProjectionRunner.Builder builder = ProjectionRunner.builder(
                        store, JdbcDatabase.of(pool).projectionStore())
                .transactionManager(new JdbcTransactionManager(pool))
                .poll(Duration.ofMillis(5), Duration.ofMillis(100))
                .retryPause(Duration.ofMillis(5), Duration.ofMillis(100));
        for (Projection<?> projection : projections) {
            builder.projection(projection);
        }
        ProjectionRunner runner = builder.build();
        runner.start();
        running.add(runner);
        return runner;
    }

    /** The ids of deposits that were acknowledged. */
    private List<UUID> deposit(StreamId account, int count) {
        List<UUID> ids = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            StreamWrites writes = StreamWrites.to(account, any(), new Deposited(account, 1));
            untilDone(() -> store.appendEvents(writes)).events().forEach(event -> ids.add(event.id()));
        }
        return ids;
    }

    /** Calls again while the pool holds connections to a server that is gone, or there is none. */
    private static <T> T untilDone(Supplier<T> call) {
        List<T> done = new ArrayList<>();
        Eventually.until("the store answers", () -> {
            try {
                return done.add(call.get());
            } catch (TransientEventStoreException | EventStoreUnavailableException | DataAccessException again) {
                return false;
            }
        });
        return done.get(0);
    }

    private void prepareDeposit(StreamId account) throws SQLException {
        try (Connection connection = pool.getConnection();
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            statement.execute("""
                    SELECT eventcore_append(ARRAY['%s'], ARRAY[-1]::bigint[], ARRAY[1], ARRAY[1], ARRAY[1],
                        ARRAY[gen_random_uuid()::text], ARRAY['ledger.deposited'], ARRAY['{"account": "%1$s", "cents": 1}'],
                        NULL, TRUE, TRUE, ARRAY[]::text[])
                    """.formatted(account));
            statement.execute("PREPARE TRANSACTION 'slow'");
            connection.setAutoCommit(true);
        }
    }

    private List<UUID> ids() {
        return untilDone(() -> WholeLog.of(store, ACCOUNTS, LedgerEvent.class)).stream()
                .<UUID>map(event -> event.id())
                .toList();
    }

    private List<UUID> applied() {
        return untilDone(
                () -> jdbc.sql("SELECT event_id FROM applied").query(UUID.class).list());
    }

    private boolean isApplied(int events, Collection<UUID> elsewhere) {
        return elsewhere.size() == events
                && applied().size() == events
                && answered().size() == events;
    }

    /** The events that were answered, as often as they were. */
    private List<UUID> answered() {
        return untilDone(() -> WholeLog.of(store, EventFilter.prefix(StreamPrefix.of("bonus")), LedgerEvent.class))
                .stream()
                .map(event -> UUID.fromString(event.metadata().causationId().orElseThrow()))
                .toList();
    }

    private static ProjectionState state(ProjectionRunner runner, String name) {
        return state(status(runner, name));
    }

    private static ProjectionState state(ProjectionStatus status) {
        return status.partitions().get(0).state();
    }

    private static String lastFailure(ProjectionRunner runner, String name) {
        return status(runner, name).partitions().get(0).lastFailure();
    }

    private static ProjectionStatus status(ProjectionRunner runner, String name) {
        return runner.status().stream()
                .filter(status -> status.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    /** Reads the log page by page. */
    private static final class Reader {
        private final EventStore store;
        private final EventFilter filter;
        private final List<UUID> seen = new ArrayList<>();
        private GlobalPosition after = GlobalPosition.START;

        private Reader(EventStore store, EventFilter filter) {
            this.store = store;
            this.filter = filter;
        }

        void read(int limit) {
            untilDone(() -> store.readEvents(filter, EventPage.after(after, limit), Event.class))
                    .events()
                    .forEach(event -> {
                        seen.add(event.id());
                        after = event.position();
                    });
        }
    }

    private record Pay(@Stream StreamId account) implements Command<Long, LedgerEvent> {
        @Override
        public Long initialState() {
            return 0L;
        }

        @Override
        public Long apply(Long state, LedgerEvent event) {
            return state;
        }

        @Override
        public List<LedgerEvent> handle(Long state) {
            return List.of(new Deposited(account, 1));
        }
    }

    /** Notes the balance that it decides on, and adds one to it or does nothing. */
    private record Note(@Stream StreamId account, List<Long> balances, boolean deposits)
            implements Command<Long, LedgerEvent> {
        @Override
        public Long initialState() {
            return 0L;
        }

        @Override
        public Long apply(Long balance, LedgerEvent event) {
            return balance + ProjectionNode.cents(event);
        }

        @Override
        public List<LedgerEvent> handle(Long balance) {
            balances.add(balance);
            return deposits ? List.of(new Deposited(account, 1)) : List.of();
        }
    }
}
