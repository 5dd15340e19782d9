package io.eventcore.jdbc;

import static io.eventcore.ExpectedVersion.any;
import static io.eventcore.ExpectedVersion.noStream;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.eventcore.Event;
import io.eventcore.EventFilter;
import io.eventcore.EventStore;
import io.eventcore.EventStoreException;
import io.eventcore.EventStreamSlice;
import io.eventcore.GlobalPosition;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.TransientEventStoreException;
import io.eventcore.command.CommandId;
import io.eventcore.command.ExecutedCommands;
import io.eventcore.command.ExecutionResult;
import io.eventcore.jdbc.History.Told;
import io.eventcore.test.contract.Eventually;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import io.eventcore.transaction.TransactionPhase;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.datasource.DelegatingDataSource;
import org.springframework.jdbc.support.JdbcTransactionManager;

/** Nodes of a Galera cluster that die, freeze and lose their clients, while an application writes to one of them after the other. */
@Tag("cluster")
class GaleraFaultTest {
    private static final int CLIENTS = 4;

    /** So many more appends are acknowledged before each fault. */
    private static final int PROGRESS = 150;

    /** The request to commit, and no other: a byte says that it is a statement. */
    private static final String COMMIT = "\u0003COMMIT";

    private static final GaleraCluster CLUSTER = new GaleraCluster(3, "--wsrep-sync-wait=7");
    private static final MariaDbAccess DATABASE =
            new MariaDbAccess("jdbc:mariadb:sequential://" + CLUSTER.addresses() + "/", "faults");

    private final String prefix = DATABASE.newTables();
    private final List<HikariDataSource> pools = new ArrayList<>();

    @AfterEach
    void closePools() {
        pools.forEach(HikariDataSource::close);
    }

    @AfterAll
    static void end() {
        CLUSTER.close();
    }

    @Test
    void nothing_is_lost_doubled_or_skipped_when_nodes_die_and_freeze_and_the_next_one_is_written_to() {
        DataSource dataSource = pool();
        EventStore store = TestDatabase.store(dataSource, prefix);
        History history = new History();
        AtomicBoolean goOn = new AtomicBoolean(true);
        List<CompletableFuture<Void>> clients = new ArrayList<>();
        for (int i = 0; i < CLIENTS; i++) {
            BankClient client = new BankClient(store, transactions(dataSource), history, i, "bank");
            clients.add(CompletableFuture.runAsync(() -> {
                while (goOn.get()) {
                    client.act();
                }
            }));
        }
        List<UUID> read = new ArrayList<>();
        CompletableFuture<Void> reader = CompletableFuture.runAsync(() -> follow(store, goOn, read));
        long longest = 0;
        try {
            for (int fault = 0; fault < 6; fault++) {
                progress(history);
                GaleraCluster.Node node = CLUSTER.node(fault % 3);
                long begin = System.nanoTime();
                if (fault % 2 == 0) {
                    node.kill();
                } else {
                    node.freeze();
                }
                progress(history);
                longest = Math.max(longest, System.nanoTime() - begin);
                if (fault % 2 == 0) {
                    node.restart();
                } else {
                    node.thaw();
                    Eventually.until("the node is back", () -> isBack(node));
                }
            }
        } finally {
            goOn.set(false);
        }
        clients.forEach(CompletableFuture::join);
        reader.join();

        EventStore sound = DATABASE.store(prefix);
        BankClient.settle(history, sound);
        List<RecordedEvent<Event>> log = WholeLog.of(sound, EventFilter.all(), Event.class);
        history.deliver(log);
        System.out.printf(
                "Galera: 6 faults (3 nodes killed, 3 frozen), %d appends acknowledged, %d refused, %d unknown; longest until"
                        + " %d more were acknowledged %d ms%n",
                history.count(Told.STORED),
                history.count(Told.NOT_STORED),
                history.count(Told.UNKNOWN),
                PROGRESS,
                Duration.ofNanos(longest).toMillis());
        assertThat(history.violations(log)).isEmpty();
        List<UUID> stored = log.stream().<UUID>map(RecordedEvent::id).toList();
        assertThat(read).isEqualTo(stored.subList(0, read.size()));
        for (int i = 0; i < 3; i++) {
            GaleraCluster.Node node = CLUSTER.node(i);
            Eventually.until("the node is back", () -> isBack(node));
            assertThat(WholeLog.of(TestDatabase.store(pool(node), prefix), EventFilter.all(), Event.class))
                    .extracting(RecordedEvent::id)
                    .isEqualTo(stored);
        }
    }

    private static void progress(History history) {
        long before = history.count(Told.STORED);
        Eventually.until("appends go on", () -> history.count(Told.STORED) >= before + PROGRESS);
    }

    /**
     * Whether a node is part of the cluster and has caught up with it. Its state alone does not tell: until a node that
     * was frozen notices, it is the state of before, and one that is synced may still apply what others have committed.
     */
    private static boolean isBack(GaleraCluster.Node node) {
        try {
            return "Synced".equals(node.status("wsrep_local_state_comment"))
                    && "Primary".equals(node.status("wsrep_cluster_status"))
                    && node.hasCaughtUp();
        } catch (SQLException notYet) {
            return false;
        }
    }

    private static void follow(EventStore store, AtomicBoolean goOn, List<UUID> read) {
        GlobalPosition after = GlobalPosition.START;
        while (goOn.get()) {
            try {
                for (RecordedEvent<Event> event : WholeLog.after(after, store, EventFilter.all(), Event.class)) {
                    read.add(event.id());
                    after = event.position();
                }
            } catch (EventStoreException failed) {
                assertThat(failed).message().doesNotContain("set back").doesNotContain("ends before");
            }
        }
    }

    private DataSource pool() {
        return pool("jdbc:mariadb:sequential://" + CLUSTER.addresses() + "/faults");
    }

    private DataSource pool(GaleraCluster.Node node) {
        return pool("jdbc:mariadb://" + node.address() + "/faults");
    }

    private DataSource pool(String url) {
        HikariConfig config = DATABASE.appConfig();
        config.setJdbcUrl(url + "?connectTimeout=2000&socketTimeout=3000");
        config.setMaximumPoolSize(8);
        config.setMinimumIdle(0);
        config.setConnectionTimeout(4000);
        HikariDataSource pool = new HikariDataSource(config);
        pools.add(pool);
        return pool;
    }

    private static JdbcTransactionManager transactions(DataSource dataSource) {
        JdbcTransactionManager manager = new JdbcTransactionManager(dataSource);
        manager.addListener(TransactionPhase.listener());
        return manager;
    }

    @Test
    void a_commit_that_comes_late_to_a_node_is_refused_once_the_append_was_settled_on_another() throws Exception {
        try (TcpProxy proxy = new TcpProxy(CLUSTER.node(0).port())) {
            OneNodeThenAnother dataSource = new OneNodeThenAnother(pool(CLUSTER.node(1)), proxy);
            EventStore store = TestDatabase.store(dataSource, prefix);
            StreamId stream = StreamId.of("late-commit");
            try (TcpProxy.Delay late = proxy.lateAt(COMMIT)) {
                dataSource.nextIsElsewhere = true;
                store.appendEvents(StreamWrites.to(stream, noStream(), new Deposited(stream, 1)));
                late.awaitHeld();
            }
            dataSource.awaitEndElsewhere();

            assertThat(WholeLog.of(DATABASE.store(prefix), EventFilter.all(), Event.class))
                    .hasSize(1);
        }
    }

    @Test
    void a_command_of_unknown_outcome_is_said_not_to_be_executed_only_if_it_never_will_be() throws Exception {
        try (TcpProxy proxy = new TcpProxy(CLUSTER.node(0).port())) {
            OneNodeThenAnother dataSource = new OneNodeThenAnother(pool(CLUSTER.node(1)), proxy);
            ExecutedCommands commands = TestDatabase.jdbc(dataSource, prefix).executedCommands();
            EventStore store = TestDatabase.store(dataSource, prefix);
            StreamId stream = StreamId.of("late-command");
            try (TcpProxy.Delay late = proxy.lateAt(COMMIT)) {
                dataSource.nextIsElsewhere = true;
                assertThatExceptionOfType(TransientEventStoreException.class)
                        .isThrownBy(() -> commands.executeOnce(CommandId.of("scope", "id"), "fingerprint", () -> {
                            EventStreamSlice slice =
                                    store.appendEvents(StreamWrites.to(stream, any(), new Deposited(stream, 1)));
                            return ExecutionResult.of(1, slice, Map.of(), Duration.ZERO);
                        }));
                late.awaitHeld();
            }
            dataSource.awaitEndElsewhere();

            assertThat(WholeLog.of(DATABASE.store(prefix), EventFilter.all(), Event.class))
                    .isEmpty();
            assertThat(commands.find(CommandId.of("scope", "id"))).isEmpty();
        }
    }

    /** One connection goes to the first node, by a proxy, and all others to another one. */
    private static final class OneNodeThenAnother extends DelegatingDataSource {
        private final TcpProxy proxy;
        private volatile boolean nextIsElsewhere;
        private volatile long session;

        OneNodeThenAnother(DataSource node, TcpProxy proxy) {
            super(node);
            this.proxy = proxy;
        }

        @Override
        public Connection getConnection() throws SQLException {
            if (!nextIsElsewhere) {
                return super.getConnection();
            }
            nextIsElsewhere = false;
            Connection elsewhere = DriverManager.getConnection(
                    "jdbc:mariadb://127.0.0.1:" + proxy.port() + "/faults", TestDatabase.APP + "_user", "");
            session = Statements.number(elsewhere, "SELECT connection_id()", 0);
            return elsewhere;
        }

        /** Waits until the first node has done what it was asked for, and has ended the session. */
        void awaitEndElsewhere() throws SQLException {
            try (Connection root = CLUSTER.node(0).connect()) {
                Eventually.until("the session has ended", () -> isEnded(root));
            }
        }

        private boolean isEnded(Connection root) {
            try {
                return Statements.number(
                                root, "SELECT count(*) FROM information_schema.processlist WHERE id = " + session, 0)
                        == 0;
            } catch (SQLException e) {
                throw new IllegalStateException(e);
            }
        }
    }
}
