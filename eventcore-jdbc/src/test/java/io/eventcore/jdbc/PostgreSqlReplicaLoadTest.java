package io.eventcore.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.EventBatch;
import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.EventStore;
import io.eventcore.ExpectedVersion;
import io.eventcore.GlobalPosition;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamPattern;
import io.eventcore.StreamPrefix;
import io.eventcore.StreamWrites;
import io.eventcore.servers.PostgreSqlServer;
import io.eventcore.test.contract.LedgerEvent;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import io.eventcore.test.contract.LedgerEvent.Withdrawn;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import javax.sql.DataSource;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.datasource.AbstractDataSource;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** Readers of two standbys whose replay pauses at random, while writers append, commit late and roll back. */
@Tag("cluster")
class PostgreSqlReplicaLoadTest {
    private static final ReplicatedDatabase DATABASE = ReplicatedDatabase.INSTANCE;
    private static final Duration TIME = Duration.ofSeconds(60);
    private static final int WRITERS = 4;
    private static final List<EventFilter> FILTERS = List.of(
            EventFilter.all(),
            EventFilter.prefix(StreamPrefix.of("account-")),
            EventFilter.pattern(StreamPattern.of("*-2")),
            EventFilter.all().ofTypes(Withdrawn.class));

    private final String prefix = DATABASE.newTables();
    private final AtomicBoolean stopped = new AtomicBoolean();

    @Test
    void all_is_read_once_and_in_order_while_replay_pauses_at_random() throws Exception {
        try (PostgreSqlServer second = DATABASE.primary().cascaded(DATABASE.standby(), DATABASE.folder("second"))) {
            JdbcDatabase database =
                    ReplicatedDatabase.jdbc(DATABASE.dataSource(), any(DATABASE.standby(), second), prefix);
            EventStore store = ReplicatedDatabase.store(database);
            ExecutorService threads = Executors.newCachedThreadPool();
            try {
                List<Future<Integer>> writers = new ArrayList<>();
                for (int i = 0; i < WRITERS; i++) {
                    StreamId account = StreamId.of((i % 2 == 0 ? "account-" : "other-") + i);
                    writers.add(threads.submit(() -> write(account)));
                }
                List<Future<long[]>> readers = new ArrayList<>();
                for (int i = 0; i < 8; i++) {
                    EventFilter filter = FILTERS.get(i % FILTERS.size());
                    readers.add(threads.submit(() -> follow(store, filter)));
                }
                int pauses = pauseAtRandom(second, writers, readers);
                stopped.set(true);
                int written = 0;
                for (Future<Integer> writer : writers) {
                    written += writer.get(60, TimeUnit.SECONDS);
                }
                long read = 0;
                long walks = 0;
                for (Future<long[]> reader : readers) {
                    read += reader.get(120, TimeUnit.SECONDS)[0];
                    walks += reader.get()[1];
                }
                ReplicaStatus status = database.replicaStatus().orElseThrow();
                System.out.printf(
                        "replica: %d events written, %d read in %d walks, %d pauses, pages from the replica %d, from the primary %d%n",
                        written, read, walks, pauses, status.pagesFromReplica(), status.pagesFromPrimary());
                assertThat(WholeLog.of(
                                TestDatabase.store(DATABASE.dataSource(), prefix),
                                EventFilter.all(),
                                LedgerEvent.class))
                        .hasSize(written);
                assertThat(status.pagesFromReplica()).isGreaterThan(100);
                assertThat(status.pagesFromPrimary()).isGreaterThan(100);
            } finally {
                stopped.set(true);
                threads.shutdownNow();
                DATABASE.standby().resumeReplay();
            }
        }
    }

    private static DataSource any(PostgreSqlServer... servers) {
        DataSource[] standbys = new DataSource[servers.length];
        for (int i = 0; i < servers.length; i++) {
            standbys[i] = servers[i].as(TestDatabase.APP);
        }
        return new AbstractDataSource() {
            @Override
            public Connection getConnection() throws SQLException {
                return standbys[ThreadLocalRandom.current().nextInt(standbys.length)].getConnection();
            }

            @Override
            public Connection getConnection(String user, String password) throws SQLException {
                return getConnection();
            }
        };
    }

    private int pauseAtRandom(PostgreSqlServer second, List<Future<Integer>> writers, List<Future<long[]>> readers) {
        Random random = new Random(102);
        PostgreSqlServer[] both = {DATABASE.standby(), second};
        long end = System.nanoTime() + TIME.toNanos();
        int pauses = 0;
        while (System.nanoTime() < end
                && writers.stream().noneMatch(Future::isDone)
                && readers.stream().noneMatch(Future::isDone)) {
            PostgreSqlServer one = both[random.nextInt(2)];
            if (random.nextInt(3) == 0) {
                one.execute("SELECT pg_wal_replay_pause()");
                pauses++;
            } else {
                one.resumeReplay();
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(random.nextInt(200)));
        }
        return pauses;
    }

    /** Appends, of which some commit late, so that lower positions appear after higher ones, and some roll back. */
    private int write(StreamId account) {
        EventStore store = TestDatabase.store(DATABASE.dataSource(), prefix);
        TransactionTemplate transaction = new TransactionTemplate(new JdbcTransactionManager(DATABASE.dataSource()));
        int written = 0;
        for (int i = 0; !stopped.get(); i++) {
            StreamWrites writes = StreamWrites.to(
                    account, ExpectedVersion.any(), i % 2 == 0 ? new Deposited(account, i) : new Withdrawn(account, i));
            int kind = i % 4;
            if (kind >= 2) {
                transaction.executeWithoutResult(status -> {
                    store.appendEvents(writes);
                    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(
                            ThreadLocalRandom.current().nextInt(30)));
                    if (kind == 3) {
                        status.setRollbackOnly();
                    }
                });
            } else {
                store.appendEvents(writes);
            }
            written += kind == 3 ? 0 : 1;
        }
        return written;
    }

    /**
     * Walks from the beginning to the end again and again. Each walk begins with what the one before has found, and the last
     * with nothing but what a reader of the primary finds in the end.
     *
     * @return how many events were read, and in how many walks
     */
    private long[] follow(EventStore store, EventFilter filter) {
        List<Long> before = List.of();
        long read = 0;
        long walks = 0;
        while (!stopped.get()) {
            List<Long> walk = new ArrayList<>();
            EventPage page = EventPage.first(200);
            int ends = 0;
            // Some looks at the end, and then from the beginning again.
            while (ends < 50) {
                EventBatch<LedgerEvent> batch = store.readEvents(filter, page, LedgerEvent.class);
                batch.events().forEach(event -> walk.add(event.position().value()));
                page = page.next(batch);
                ends += batch.endReached() ? 1 : 0;
            }
            assertThat(walk.subList(0, before.size())).as("%s", filter).isEqualTo(before);
            before = walk;
            read += walk.size();
            walks++;
        }
        EventStore primary = TestDatabase.store(DATABASE.dataSource(), prefix);
        List<Long> all = WholeLog.of(primary, filter, LedgerEvent.class).stream()
                .map(RecordedEvent::position)
                .map(GlobalPosition::value)
                .toList();
        assertThat(all.subList(0, before.size())).as("%s", filter).isEqualTo(before);
        return new long[] {read, walks};
    }
}
