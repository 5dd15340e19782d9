package io.eventcore.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.eventcore.EventStoreException;
import io.eventcore.ExpectedVersion;
import io.eventcore.RetriesExhaustedException;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.autoconfigure.bank.BankEvent;
import io.eventcore.autoconfigure.bank.BankEvent.Deposited;
import io.eventcore.autoconfigure.bank.DepositMoney;
import io.eventcore.projection.AwaitOutcome;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postgresql.ds.PGSimpleDataSource;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.health.contributor.CompositeHealthContributor;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Three tenants on two real servers, one of which is killed: the others go on, and nothing that was acknowledged is lost.
 * Runs with the profile {@code cluster}.
 */
@Tag("cluster")
class NamedStoresOnPostgreSqlTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int WRITERS = 2;
    private static final int KILLS = 3;
    private static final int FREEZES = 2;

    /** A server that is frozen keeps its connections. */
    private static final int LONGEST_SILENCE_SECONDS = 2;

    /** So many appends of each tenant are acknowledged between two faults. */
    private static final long STORED = 200;

    @TempDir
    Path directory;

    private final List<AutoCloseable> pools = new ArrayList<>();
    private final Map<String, Client> clients = new LinkedHashMap<>();
    private final AtomicBoolean stopped = new AtomicBoolean();
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private EmbeddedPostgres north;
    private EmbeddedPostgres south;

    @BeforeEach
    void startServers() throws IOException {
        north = start("north", 0);
        south = start("south", 0);
        JdbcClient.create(north.getPostgresDatabase())
                .sql("CREATE SCHEMA tenants")
                .update();
        Tenants.createReadModel(north.getPostgresDatabase());
        Tenants.createReadModel(south.getPostgresDatabase());
    }

    @AfterEach
    void stopServers() throws Exception {
        stopped.set(true);
        threads.shutdownNow();
        for (AutoCloseable pool : pools) {
            pool.close();
        }
        closeQuietly(north);
        closeQuietly(south);
    }

    @Test
    void the_tenants_of_the_other_server_go_on_and_those_of_the_killed_one_when_it_is_back() {
        tenants().run(application -> {
            startClients(application);
            letGoOn(Tenants.ALL);
            for (int kill = 0; kill < KILLS; kill++) {
                kill("south");
                awaitRefusal("initech");
                letGoOn(List.of("acme", "globex"));
                assertThat(status(application, "initech", "store")).isEqualTo(Status.DOWN);
                for (String tenant : List.of("acme", "globex")) {
                    assertThat(status(application, tenant, "store")).isEqualTo(Status.UP);
                }
                closeQuietly(south);
                south = start("south", south.getPort());
                letGoOn(Tenants.ALL);
            }
            stopClients();

            assertThat(Objects.requireNonNull(clients.get("acme")).refused).hasValue(0);
            assertThat(Objects.requireNonNull(clients.get("globex")).refused).hasValue(0);
            Tenants.ALL.forEach(tenant -> assertWhole(application, tenant));
        });
    }

    @Test
    void a_server_that_is_dead_when_the_application_starts_is_joined_when_it_lives_without_a_restart()
            throws IOException {
        int port = south.getPort();
        kill("south");
        closeQuietly(south);
        tenants().run(application -> {
            assertThat(application).hasNotFailed();
            startClients(application);
            letGoOn(List.of("acme", "globex"));
            assertThat(Tenants.store(application, "initech").isOpen()).isFalse();
            assertThat(status(application, "initech", "store")).isEqualTo(Status.DOWN);
            assertThat(status(application, "initech", "projections")).isEqualTo(Status.DOWN);
            assertThat(status(application, "acme", "projections")).isEqualTo(Status.UP);

            south = start("south", port);
            letGoOn(Tenants.ALL);
            stopClients();

            Tenants.ALL.forEach(tenant -> assertWhole(application, tenant));
            await().atMost(PATIENCE).until(() -> Status.UP.equals(status(application, "initech", "projections")));
        });
    }

    /** Its connections stay, and nothing answers: a call of its tenant ends by the driver's time-out. */
    @Test
    void while_a_server_hangs_the_tenants_of_the_other_one_go_on_and_those_of_the_hanging_one_when_it_goes_on() {
        tenants().run(application -> {
            startClients(application);
            letGoOn(Tenants.ALL);
            for (int freeze = 0; freeze < FREEZES; freeze++) {
                signal("south", "STOP");
                try {
                    awaitRefusal("initech");
                    letGoOn(List.of("acme", "globex"));
                    assertThat(status(application, "initech", "store")).isEqualTo(Status.DOWN);
                    for (String tenant : List.of("acme", "globex")) {
                        assertThat(status(application, tenant, "store")).isEqualTo(Status.UP);
                        assertThat(status(application, tenant, "projections")).isEqualTo(Status.UP);
                    }
                } finally {
                    signal("south", "CONT");
                }
                letGoOn(Tenants.ALL);
            }
            stopClients();

            assertThat(Objects.requireNonNull(clients.get("acme")).refused).hasValue(0);
            assertThat(Objects.requireNonNull(clients.get("globex")).refused).hasValue(0);
            Tenants.ALL.forEach(tenant -> assertWhole(application, tenant));
        });
    }

    /** Each store alone would leave half of the pool to others; together the two would have all of it. */
    @Test
    void stores_that_share_a_pool_never_wait_for_locks_with_all_of_it() throws Exception {
        HikariDataSource shared = pool(north);
        shared.setMaximumPoolSize(2);
        shared.setConnectionTimeout(PATIENCE.toMillis());
        Tenants.on(shared, pool(south))
                .withConfiguration(AutoConfigurations.of(DataSourceAutoConfiguration.class))
                .run(application -> {
                    List<Future<?>> held = new ArrayList<>();
                    List<Connection> locks = new ArrayList<>();
                    for (String tenant : List.of("acme", "globex")) {
                        Tenants.deposit(application, tenant, 1);
                        locks.add(lockStreams(tenant));
                        for (int i = 0; i < 3; i++) {
                            held.add(threads.submit(() -> Tenants.deposit(application, tenant, 2)));
                        }
                    }
                    // Each of them has met the lock: one that has not takes a connection for a moment only.
                    await().atMost(PATIENCE)
                            .until(() -> shared.getHikariPoolMXBean().getTotalConnections() == 2);

                    List<Future<?>> free = new ArrayList<>();
                    for (String tenant : List.of("acme", "globex")) {
                        NamedEventStore store = Tenants.store(application, tenant);
                        for (int i = 0; i < 20; i++) {
                            StreamId account = StreamId.of("account-free-" + i);
                            free.add(threads.submit(() -> store.eventStore()
                                    .appendEvents(StreamWrites.to(
                                            account, ExpectedVersion.any(), new Deposited(account, 1)))));
                        }
                    }
                    for (Future<?> each : free) {
                        each.get(30, TimeUnit.SECONDS);
                    }

                    assertThat(held).noneMatch(Future::isDone);
                    for (Connection lock : locks) {
                        lock.rollback();
                        lock.close();
                    }
                    for (Future<?> each : held) {
                        each.get(60, TimeUnit.SECONDS);
                    }
                });
    }

    private Connection lockStreams(String tenant) throws SQLException {
        Connection connection = north.getPostgresDatabase().getConnection();
        connection.setAutoCommit(false);
        try (Statement statement = connection.createStatement()) {
            statement.execute("SELECT * FROM " + tenant + "_stream FOR UPDATE");
        }
        return connection;
    }

    /** The tables of two tenants are in one database, in two schemas under one prefix. */
    private ApplicationContextRunner tenants() {
        HikariDataSource atNorth = pool(north);
        HikariDataSource atSouth = pool(south);
        return Tenants.on(atNorth, atSouth)
                .withUserConfiguration(Tenants.Balances.class)
                .withPropertyValues(
                        "eventcore.retry.max-attempts=1",
                        "eventcore.stores.globex.table-prefix=acme_",
                        "eventcore.stores.globex.schema=tenants");
    }

    private HikariDataSource pool(EmbeddedPostgres server) {
        PGSimpleDataSource driver = (PGSimpleDataSource) server.getPostgresDatabase();
        driver.setSocketTimeout(LONGEST_SILENCE_SECONDS);
        HikariConfig config = new HikariConfig();
        config.setDataSource(driver);
        config.setMaximumPoolSize(10);
        config.setConnectionTimeout(1_000);
        config.setInitializationFailTimeout(-1);
        HikariDataSource pool = new HikariDataSource(config);
        pools.add(pool);
        return pool;
    }

    /** Deposits, each time another amount, and notes what was acknowledged. */
    private static final class Client {
        private final AtomicLong next = new AtomicLong();
        private final Set<Long> acknowledged = ConcurrentHashMap.newKeySet();
        private final Set<Long> unknown = ConcurrentHashMap.newKeySet();
        private final AtomicLong refused = new AtomicLong();
        private final List<Future<?>> running = new ArrayList<>();

        private void deposit(NamedEventStore store, StreamId account) {
            long amount = next.incrementAndGet();
            try {
                store.commands().execute(new DepositMoney(account, amount));
                acknowledged.add(amount);
            } catch (RetriesExhaustedException | EventStoreException e) {
                refused.incrementAndGet();
                // What is not known not to be stored may be.
                unknown.add(amount);
            }
        }
    }

    private void startClients(ApplicationContext application) {
        for (String tenant : Tenants.ALL) {
            NamedEventStore store = Tenants.store(application, tenant);
            Client client = new Client();
            clients.put(tenant, client);
            for (int writer = 0; writer < WRITERS; writer++) {
                // The same streams for all tenants.
                StreamId account = StreamId.of("account-" + writer);
                client.running.add(threads.submit(() -> {
                    while (!stopped.get()) {
                        client.deposit(store, account);
                    }
                }));
            }
        }
    }

    private void stopClients() throws Exception {
        stopped.set(true);
        for (Client client : clients.values()) {
            for (Future<?> each : client.running) {
                each.get(60, TimeUnit.SECONDS);
            }
        }
    }

    private void letGoOn(List<String> tenants) {
        Map<String, Integer> wanted = new LinkedHashMap<>();
        tenants.forEach(tenant -> wanted.put(
                tenant, Objects.requireNonNull(clients.get(tenant)).acknowledged.size() + (int) STORED));
        await().atMost(PATIENCE)
                .until(() -> wanted.entrySet().stream()
                        .allMatch(each -> Objects.requireNonNull(clients.get(each.getKey()))
                                        .acknowledged
                                        .size()
                                >= each.getValue()));
    }

    /** Otherwise the fault would be over before a client of this tenant has met it. */
    private void awaitRefusal(String tenant) {
        AtomicLong refused = Objects.requireNonNull(clients.get(tenant)).refused;
        long before = refused.get();
        await().atMost(PATIENCE).until(() -> refused.get() > before);
    }

    /** What was acknowledged is stored once, nothing else is, and the read model is the fold of the log. */
    private void assertWhole(ApplicationContext application, String tenant) {
        NamedEventStore store = Tenants.store(application, tenant);
        Client client = Objects.requireNonNull(clients.get(tenant));
        List<Long> stored = new ArrayList<>();
        for (int writer = 0; writer < WRITERS; writer++) {
            store.eventStore().readStream(StreamId.of("account-" + writer), BankEvent.class).stream()
                    .forEach(event -> stored.add(((Deposited) event.event()).cents()));
        }
        assertThat(stored).as(tenant).doesNotHaveDuplicates().containsAll(client.acknowledged);
        assertThat(stored)
                .as(tenant)
                .allMatch(amount -> client.acknowledged.contains(amount) || client.unknown.contains(amount));
        assertThat(store.projections()
                        .awaitPosition("balances", store.eventStore().lastPosition(), PATIENCE))
                .isEqualTo(AwaitOutcome.REACHED);
        assertThat(Tenants.balance(application, tenant))
                .as(tenant)
                .isEqualTo(stored.stream().mapToLong(Long::longValue).sum());
    }

    private static Status status(ApplicationContext application, String tenant, String part) {
        CompositeHealthContributor all =
                application.getBean("eventcoreHealthContributor", CompositeHealthContributor.class);
        CompositeHealthContributor store =
                (CompositeHealthContributor) Objects.requireNonNull(all.getContributor(tenant));
        HealthIndicator indicator = (HealthIndicator) Objects.requireNonNull(store.getContributor(part));
        return Objects.requireNonNull(indicator.health()).getStatus();
    }

    private EmbeddedPostgres start(String name, int port) throws IOException {
        EmbeddedPostgres.Builder builder = EmbeddedPostgres.builder()
                .setDataDirectory(directory.resolve(name))
                .setCleanDataDirectory(false)
                .setPGStartupWait(Duration.ofMinutes(1))
                // The embedded server is set up to lose what it has acknowledged.
                .setServerConfig("synchronous_commit", "on");
        if (port != 0) {
            builder.setPort(port);
        }
        return builder.start();
    }

    /** With its sessions, by their process ids. */
    private void kill(String name) throws IOException {
        List<ProcessHandle> processes = processes(name);
        processes.forEach(ProcessHandle::destroyForcibly);
        for (ProcessHandle process : processes) {
            process.onExit().join();
        }
    }

    private void signal(String name, String signal) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("kill", "-" + signal));
        processes(name).forEach(process -> command.add(Long.toString(process.pid())));
        // Fails for a session that has ended meanwhile, which is none of the matter.
        new ProcessBuilder(command).start().waitFor();
    }

    private List<ProcessHandle> processes(String name) throws IOException {
        long pid = Long.parseLong(Files.readAllLines(directory.resolve(name).resolve("postmaster.pid"))
                .get(0)
                .trim());
        ProcessHandle postmaster = ProcessHandle.of(pid).orElseThrow();
        List<ProcessHandle> processes = new ArrayList<>(postmaster.descendants().toList());
        processes.add(0, postmaster);
        return processes;
    }

    private static void closeQuietly(EmbeddedPostgres server) {
        try {
            server.close();
        } catch (IOException | RuntimeException itIsDead) {
            assertThat(itIsDead).isNotNull();
        }
    }
}
