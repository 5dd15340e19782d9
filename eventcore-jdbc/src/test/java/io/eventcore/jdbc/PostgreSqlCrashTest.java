package io.eventcore.jdbc;

import static io.eventcore.ExpectedVersion.any;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.eventcore.EventFilter;
import io.eventcore.EventStore;
import io.eventcore.EventStoreException;
import io.eventcore.EventStoreUnavailableException;
import io.eventcore.EventStreamSlice;
import io.eventcore.GlobalPosition;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.jdbc.History.Told;
import io.eventcore.test.contract.LedgerEvent;
import io.eventcore.test.contract.LedgerEvent.Opened;
import io.eventcore.transaction.TransactionPhase;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.JdbcTransactionManager;

/** A server of its own that is killed, or that finds its disk full. Runs with the profile {@code faults}. */
@Tag("faults")
class PostgreSqlCrashTest {
    private static final int CLIENTS = 6;
    private static final int KILLS = 3;

    /** So many appends are acknowledged between two kills, and for so long the bank goes on: half a minute in all. */
    private static final long STORED_BETWEEN_KILLS = 500;

    private static final Duration BETWEEN_KILLS = Duration.ofMillis(7_500);

    @Test
    void no_kill_of_the_server_breaks_a_promise(@TempDir Path directory) throws Exception {
        EmbeddedPostgres server = start(directory.resolve("data"), 0);
        int port = server.getPort();
        History history = new History();
        AtomicBoolean stopped = new AtomicBoolean();
        ExecutorService threads = Executors.newFixedThreadPool(CLIENTS + 1);
        try (HikariDataSource pool = pool(server)) {
            JdbcSchema.in(pool).create();
            EventStore store = TestDatabase.store(pool, TableNames.DEFAULT_PREFIX);
            List<Future<?>> running = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++) {
                JdbcTransactionManager transactions = new JdbcTransactionManager(pool);
                transactions.addListener(TransactionPhase.listener());
                BankClient client = new BankClient(store, transactions, history, i, "bank");
                running.add(threads.submit(() -> {
                    while (!stopped.get()) {
                        client.act();
                    }
                }));
            }
            Future<GlobalPosition> reader = threads.submit(() -> {
                GlobalPosition read = GlobalPosition.START;
                while (!stopped.get()) {
                    read = BankClient.read(store, read, history);
                }
                return read;
            });

            for (int kill = 1; kill <= KILLS; kill++) {
                letBankGoOn(history);
                kill(directory.resolve("data"));
                closeQuietly(server);
                server = start(directory.resolve("data"), port);
            }
            letBankGoOn(history);
            stopped.set(true);
            for (Future<?> client : running) {
                client.get(60, TimeUnit.SECONDS);
            }

            BankClient.settle(history, store);
            history.deliver(
                    WholeLog.after(reader.get(60, TimeUnit.SECONDS), store, EventFilter.all(), LedgerEvent.class));
            assertThat(history.violations(WholeLog.of(store, EventFilter.all(), LedgerEvent.class)))
                    .isEmpty();
        } finally {
            stopped.set(true);
            threads.shutdownNow();
            server.close();
        }
    }

    @Test
    void a_full_disk_is_said_and_recovered_from(@TempDir Path directory) throws Exception {
        Path disk = Files.createDirectory(directory.resolve("disk"));
        assertThat(run("mount", "-t", "tmpfs", "-o", "size=128m", "tmpfs", disk.toString()))
                .as("a small file system of its own could be mounted; this needs root")
                .isZero();
        try (EmbeddedPostgres server = start(disk.resolve("data"), 0);
                HikariDataSource pool = pool(server)) {
            JdbcSchema.in(pool).create();
            EventStore store = TestDatabase.store(pool, TableNames.DEFAULT_PREFIX);
            long stored = 0;
            EventStoreException full = null;
            Path filler = disk.resolve("filler");
            assertThat(run("dd", "if=/dev/zero", "of=" + filler, "bs=1M", "count=1000"))
                    .isNotZero();
            while (full == null && stored < 1_000) {
                try {
                    store.appendEvents(large(stored));
                    stored++;
                } catch (EventStoreException e) {
                    full = e;
                }
            }
            assertThat(full).isInstanceOf(EventStoreUnavailableException.class).hasMessageContaining("53100");
            assertThatExceptionOfType(EventStoreException.class).isThrownBy(() -> store.appendEvents(large(-1)));

            Files.delete(filler);
            store.appendEvents(large(-2));

            assertThat(WholeLog.of(store, EventFilter.all(), LedgerEvent.class)).hasSize(Math.toIntExact(stored + 1));
        } finally {
            assertThat(run("umount", "--lazy", disk.toString())).isZero();
        }
    }

    /** The server calls such a commit done and only warns that no standby has it. */
    @Test
    void a_commit_whose_wait_for_a_standby_was_cancelled_is_acknowledged_when_the_standby_has_it(
            @TempDir Path directory) throws Exception {
        try (EmbeddedPostgres server = start(directory.resolve("data"), 0);
                HikariDataSource pool = pool(server)) {
            JdbcSchema.in(pool).create();
            EventStore store = TestDatabase.store(pool, TableNames.DEFAULT_PREFIX);
            JdbcClient superuser = JdbcClient.create(server.getPostgresDatabase());
            superuser
                    .sql("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
                    .update();
            superuser.sql("SELECT pg_reload_conf()").query(Boolean.class).single();
            await(superuser, "SELECT current_setting('synchronous_standby_names') = 'nobody'");

            CompletableFuture<EventStreamSlice> append =
                    CompletableFuture.supplyAsync(() -> store.appendEvents(large(1)));
            await(superuser, "SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event = 'SyncRep'");
            superuser
                    .sql("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'")
                    .query(Boolean.class)
                    .single();
            // The transaction that settles it has to reach the standby as well.
            await(
                    superuser,
                    "SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND query = 'COMMIT'");
            assertThat(append).isNotDone();

            superuser.sql("ALTER SYSTEM RESET synchronous_standby_names").update();
            superuser.sql("SELECT pg_reload_conf()").query(Boolean.class).single();

            assertThat(append.get(60, TimeUnit.SECONDS).events()).hasSize(1);
            assertThat(store.streamVersion(StreamId.of("account-1")).value()).isEqualTo(1);
        }
    }

    private static void await(JdbcClient client, String condition) {
        while (!client.sql(condition).query(Boolean.class).single()) {
            LockSupport.parkNanos(1_000_000);
        }
    }

    private static StreamWrites large(long number) {
        StreamId account = StreamId.of("account-" + number);
        // Hardly compressible, so that it takes room.
        StringBuilder owner = new StringBuilder();
        new Random(number).ints(200_000, 'a', 'z').forEach(letter -> owner.append((char) letter));
        return StreamWrites.to(account, any(), new Opened(account, owner.toString()));
    }

    /** A server that keeps what it has acknowledged, on a directory that may hold the data of an earlier one. */
    static EmbeddedPostgres start(Path data, int port) throws IOException {
        EmbeddedPostgres.Builder builder = EmbeddedPostgres.builder()
                .setDataDirectory(data)
                .setCleanDataDirectory(false)
                .setPGStartupWait(Duration.ofMinutes(1))
                // The embedded server is set up to lose what it has acknowledged.
                .setServerConfig("synchronous_commit", "on")
                .setServerConfig("max_wal_size", "32MB")
                .setServerConfig("min_wal_size", "32MB");
        if (port != 0) {
            builder.setPort(port);
        }
        return builder.start();
    }

    static HikariDataSource pool(EmbeddedPostgres server) {
        HikariConfig config = new HikariConfig();
        config.setDataSource(server.getPostgresDatabase());
        config.setMaximumPoolSize(CLIENTS + 2);
        config.setConnectionTimeout(2_000);
        return new HikariDataSource(config);
    }

    private static void letBankGoOn(History history) {
        long appends = history.count(Told.STORED) + STORED_BETWEEN_KILLS;
        long end = System.nanoTime() + BETWEEN_KILLS.toNanos();
        while (history.count(Told.STORED) < appends || System.nanoTime() < end) {
            LockSupport.parkNanos(1_000_000);
        }
    }

    static void kill(Path data) throws IOException {
        long pid = Long.parseLong(
                Files.readAllLines(data.resolve("postmaster.pid")).get(0).trim());
        ProcessHandle postmaster = ProcessHandle.of(pid).orElseThrow();
        List<ProcessHandle> processes = new ArrayList<>(postmaster.descendants().toList());
        processes.add(0, postmaster);
        processes.forEach(ProcessHandle::destroyForcibly);
        for (ProcessHandle process : processes) {
            while (process.isAlive()) {
                Thread.onSpinWait();
            }
        }
    }

    static void closeQuietly(EmbeddedPostgres killed) {
        try {
            killed.close();
        } catch (IOException | RuntimeException itIsDead) {
            assertThat(itIsDead).isNotNull();
        }
    }

    private static int run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        return process.waitFor();
    }
}
