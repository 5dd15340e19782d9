package io.eventcore.jdbc;

import static io.eventcore.ExpectedVersion.any;
import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import io.eventcore.Event;
import io.eventcore.EventBatch;
import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.EventStore;
import io.eventcore.GlobalPosition;
import io.eventcore.StreamId;
import io.eventcore.StreamPattern;
import io.eventcore.StreamPrefix;
import io.eventcore.StreamWrites;
import io.eventcore.projection.AppendSignal;
import io.eventcore.projection.AwaitOutcome;
import io.eventcore.projection.Projection;
import io.eventcore.projection.ProjectionRunner;
import io.eventcore.test.contract.LedgerEvent;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import io.eventcore.test.contract.LedgerEvent.Withdrawn;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * A server that crashes gives positions out again which only rolled-back appends had drawn: no commit has flushed them.
 * Readers and projections live through the crash; each must see every acknowledged event once, without a false alarm.
 */
class PostgreSqlLostPositionsTest {
    private static final StreamId ADA = StreamId.of("account-ada");
    private static final StreamId BOB = StreamId.of("account-bob");
    private static final Duration PATIENCE = Duration.ofMinutes(1);

    @TempDir
    private Path directory;

    /** How the server comes to an end. */
    private interface Crash {
        void of(Bank bank) throws IOException;
    }

    @Test
    void what_is_appended_after_a_crash_is_seen_by_all_who_read_before() throws Exception {
        try (Bank bank = new Bank(directory.resolve("data"))) {
            bank.round(Bank::killSession);
            bank.acknowledgeBeforeCommitsAreDurable();
            bank.round(Bank::killSession);
        }
    }

    @Test
    @Tag("faults")
    void no_crash_among_many_hides_an_event_or_stops_a_projection() throws Exception {
        try (Bank bank = new Bank(directory.resolve("data"))) {
            for (int round = 0; round < 40; round++) {
                if (round == 20) {
                    bank.acknowledgeBeforeCommitsAreDurable();
                }
                bank.round(round % 2 == 0 ? Bank::killServer : Bank::killSession);
            }
        }
    }

    /** A server of its own with a store, projections, and readers by every kind of filter. */
    private static final class Bank implements AutoCloseable {
        private final Path data;
        private EmbeddedPostgres server;
        private final HikariDataSource pool;
        private final JdbcClient jdbc;
        private final EventStore store;
        private final TransactionTemplate transaction;
        private final ProjectionRunner projections;
        private final List<Long> deposits = new ArrayList<>();
        private final List<Long> withdrawals = new ArrayList<>();
        private final List<Long> all = new ArrayList<>();
        private final List<Follower> followers = new ArrayList<>();
        private boolean lost;

        Bank(Path data) throws IOException {
            this.data = data;
            this.server = start(0);
            this.pool = PostgreSqlCrashTest.pool(server);
            this.jdbc = JdbcClient.create(pool);
            JdbcSchema.in(pool).create();
            AppendSignal signal = new AppendSignal();
            this.store = TestDatabase.builder(pool, TableNames.DEFAULT_PREFIX)
                    .appendListener(signal)
                    .build();
            this.transaction = new TransactionTemplate(new JdbcTransactionManager(pool));
            jdbc.sql("CREATE TABLE applied (projection text NOT NULL, position bigint NOT NULL)")
                    .update();
            this.projections = ProjectionRunner.builder(
                            store, JdbcDatabase.of(pool).projectionStore())
                    .transactionManager(new JdbcTransactionManager(pool))
                    .poll(Duration.ofMillis(1), Duration.ofMillis(20))
                    .wokenBy(signal)
                    .projection(projection("every"))
                    .projection(Projection.named("withdrawn", LedgerEvent.class)
                            .on(Withdrawn.class, event -> apply("withdrawn", event.position()))
                            .build())
                    .build();
            projections.start();
            followers.add(new Follower(EventFilter.all(), all));
            followers.add(new Follower(EventFilter.prefix(StreamPrefix.of("account-a")), deposits));
            followers.add(new Follower(EventFilter.pattern(StreamPattern.of("*-bob")), withdrawals));
            followers.add(new Follower(EventFilter.all().ofTypes(Withdrawn.class), withdrawals));
            followers.add(new Follower(EventFilter.prefix(StreamPrefix.of("nothing")), List.of()));
        }

        private Projection<LedgerEvent> projection(String name) {
            return Projection.named(name, LedgerEvent.class)
                    .on(LedgerEvent.class, event -> apply(name, event.position()))
                    .build();
        }

        private void apply(String projection, GlobalPosition position) {
            jdbc.sql("INSERT INTO applied VALUES (?, ?)")
                    .params(projection, position.value())
                    .update();
        }

        private EmbeddedPostgres start(int port) throws IOException {
            EmbeddedPostgres.Builder builder = EmbeddedPostgres.builder()
                    .setDataDirectory(data)
                    .setCleanDataDirectory(false)
                    .setPGStartupWait(PATIENCE)
                    .setServerConfig("synchronous_commit", "on")
                    // So that nothing but a commit flushes what was written.
                    .setServerConfig("wal_writer_delay", "10s");
            return (port == 0 ? builder : builder.setPort(port)).start();
        }

        void round(Crash crash) throws IOException {
            append(ADA, 3);
            append(BOB, 3);
            readToTheEnd();
            rollBack(100);
            readToTheEnd();
            long before = drawn();
            crash.of(this);
            long after = drawn();
            lost |= after < before;

            append(BOB, 2);
            append(ADA, 3);
            readToTheEnd();
            assertThat(lost)
                    .as("positions were given out again: %d, then %d", before, after)
                    .isTrue();
        }

        /** The setting that the store does not accept for its own transactions. */
        void acknowledgeBeforeCommitsAreDurable() {
            jdbc.sql("ALTER ROLE postgres SET synchronous_commit = off").update();
            long end = System.nanoTime() + PATIENCE.toNanos();
            String setting;
            do {
                assertThat(System.nanoTime()).isLessThan(end);
                // Again and again: the pool may just be opening a session that began before the setting was there.
                pool.getHikariPoolMXBean().softEvictConnections();
                setting =
                        jdbc.sql("SHOW synchronous_commit").query(String.class).single();
            } while (!"off".equals(setting));
        }

        private void append(StreamId account, int events) {
            for (int i = 0; i < events; i++) {
                long position =
                        store.appendEvents(write(account)).lastPosition().value();
                all.add(position);
                (account.equals(ADA) ? deposits : withdrawals).add(position);
            }
        }

        private void rollBack(int appends) {
            for (int i = 0; i < appends; i++) {
                transaction.executeWithoutResult(status -> {
                    store.appendEvents(write(BOB));
                    status.setRollbackOnly();
                });
            }
        }

        private static StreamWrites write(StreamId account) {
            return StreamWrites.to(account, any(), account.equals(ADA) ? new Deposited(ADA, 1) : new Withdrawn(BOB, 1));
        }

        private void readToTheEnd() {
            GlobalPosition last = GlobalPosition.of(all.get(all.size() - 1));
            assertThat(store.lastPosition()).isGreaterThanOrEqualTo(last);
            followers.forEach(Follower::readToTheEnd);
            for (String name : List.of("every", "withdrawn")) {
                assertThat(projections.awaitPosition(name, last, PATIENCE))
                        .as("%s: %s", name, projections.status())
                        .isEqualTo(AwaitOutcome.REACHED);
            }
            assertThat(applied("every")).isEqualTo(all);
            assertThat(applied("withdrawn")).isEqualTo(withdrawals);
        }

        private List<Long> applied(String projection) {
            return jdbc.sql("SELECT position FROM applied WHERE projection = ? ORDER BY position")
                    .param(projection)
                    .query(Long.class)
                    .list();
        }

        private long drawn() {
            return jdbc.sql("SELECT pg_sequence_last_value('eventcore_position')")
                    .query(Long.class)
                    .single();
        }

        void killServer() throws IOException {
            int port = server.getPort();
            PostgreSqlCrashTest.kill(data);
            PostgreSqlCrashTest.closeQuietly(server);
            server = start(port);
            awaitServer();
        }

        /** The server ends all sessions then, throws its memory away and recovers, as after a crash. */
        void killSession() {
            long pid = jdbc.sql("SELECT pg_backend_pid()").query(Long.class).single();
            ProcessHandle session = ProcessHandle.of(pid).orElseThrow();
            session.destroyForcibly();
            session.onExit().join();
            awaitServer();
        }

        private void awaitServer() {
            long end = System.nanoTime() + PATIENCE.toNanos();
            boolean up = false;
            while (!up) {
                pool.getHikariPoolMXBean().softEvictConnections();
                try {
                    // One that does not use the pool: a session of the pool may be of the time before.
                    up = JdbcClient.create(server.getPostgresDatabase())
                            .sql("SELECT NOT pg_is_in_recovery()")
                            .query(Boolean.class)
                            .single();
                } catch (DataAccessException notYet) {
                    assertThat(System.nanoTime()).as("%s", notYet.getMessage()).isLessThan(end);
                    LockSupport.parkNanos(1_000_000);
                }
            }
            pool.getHikariPoolMXBean().softEvictConnections();
        }

        @Override
        public void close() throws IOException {
            projections.stop();
            pool.close();
            server.close();
        }

        /** A reader that goes on where it has ended, and what it is to see. */
        private final class Follower {
            private final EventFilter filter;
            private final List<Long> expected;
            private final List<Long> seen = new ArrayList<>();
            private EventPage page = EventPage.first(10);

            Follower(EventFilter filter, List<Long> expected) {
                this.filter = filter;
                this.expected = expected;
            }

            void readToTheEnd() {
                EventBatch<Event> batch;
                do {
                    batch = store.readEvents(filter, page, Event.class);
                    batch.events().forEach(event -> seen.add(event.position().value()));
                    page = page.next(batch);
                } while (!batch.endReached());
                assertThat(seen).as("%s", filter).isEqualTo(expected);
                assertThat(page.after()).as("%s", filter).isLessThanOrEqualTo(store.lastPosition());
            }
        }
    }
}
