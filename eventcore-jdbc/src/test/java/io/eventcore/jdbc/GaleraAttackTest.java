package io.eventcore.jdbc;

import static io.eventcore.ExpectedVersion.any;
import static io.eventcore.ExpectedVersion.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.eventcore.Event;
import io.eventcore.EventFilter;
import io.eventcore.EventStore;
import io.eventcore.EventStoreException;
import io.eventcore.EventStoreUnavailableException;
import io.eventcore.GlobalPosition;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.jdbc.History.Told;
import io.eventcore.serialization.JacksonEventSerializer;
import io.eventcore.test.contract.LedgerEvent;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import io.eventcore.test.contract.Race;
import io.eventcore.test.contract.SerialDecider;
import io.eventcore.test.contract.SerialDecider.Storing;
import io.eventcore.test.contract.SerialOrder;
import io.eventcore.test.contract.SerialOrder.Decision;
import io.eventcore.transaction.TransactionPhase;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DelegatingDataSource;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.TransactionException;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Writers on all three nodes of a Galera cluster at once, of whose locks the others hear nothing: what is promised holds, and does
 * not where guards are locks alone, or positions come from elsewhere, or a refused commit is taken for done.
 */
@Tag("cluster")
class GaleraAttackTest {
    private static final int NODES = GaleraDatabase.NODES;
    private static final int PAIRS = 300;
    private static final int BUSY_ROUNDS = 5;
    private static final int DECISIONS = 600;
    private static final int ACTS = 120;

    /** On a machine with much to do few decisions meet, so that a broken store may need more of them. */
    private static final int ROUNDS_OF_BROKEN = 10;

    /** Beyond all positions that the store gives. */
    private static final long FAR = 1_000_000;

    private static final GaleraDatabase DATABASE = GaleraDatabase.ANY_NODE;

    private final String prefix = DATABASE.newTables();
    private final TableNames names = new TableNames("", prefix);
    private final List<HikariDataSource> pools = new ArrayList<>();

    @AfterEach
    void close() {
        pools.forEach(HikariDataSource::close);
    }

    private DataSource pool(int node, String firstStatement) {
        HikariConfig config = DATABASE.appConfig();
        config.setJdbcUrl("jdbc:mariadb://" + GaleraDatabase.CLUSTER.node(node).address() + "/" + GaleraDatabase.NAME);
        config.setConnectionInitSql(firstStatement);
        config.setMaximumPoolSize(8);
        config.setMinimumIdle(0);
        config.setInitializationFailTimeout(-1);
        HikariDataSource pool = new HikariDataSource(config);
        pools.add(pool);
        return pool;
    }

    private List<DataSource> nodes() {
        return IntStream.range(0, NODES).mapToObj(node -> pool(node, "DO 0")).toList();
    }

    private EventStore store(DataSource node) {
        return TestDatabase.store(node, prefix);
    }

    /** A store that works with parts of another kind than its database needs. */
    private EventStore store(DataSource node, Appends broken) {
        return new JdbcDatabase(
                        new Connections(node),
                        new Dialect(Engine.GALERA, names, broken),
                        OptionalInt.of(8),
                        false,
                        Optional.empty())
                .eventStore(new JacksonEventSerializer(LedgerEvent.types()));
    }

    /** Guards are shared locks, and nothing is written for them. */
    private Appends withPlainGuards() {
        return Engine.MARIADB.appends(names);
    }

    /** And appends have no row in common that all of them write. */
    private Appends withPositionsFromElsewhere(AtomicLong last) {
        return Engine.MARIADB.statementAppends(
                names, new MariaDbStreamLocks(names, MariaDbTransactions.MARIADB), new MariaDbEventWrites(names) {
                    @Override
                    public long takePositions(Connection connection, int count) {
                        return last.getAndAdd(count);
                    }
                });
    }

    @Test
    void of_two_decisions_on_different_nodes_that_rest_on_each_others_stream_one_fails() {
        assertThat(skews(this::store)).isZero();
    }

    @Test
    void without_a_row_that_all_appends_write_shared_locks_let_both_decisions_through() {
        AtomicLong last = new AtomicLong(FAR);

        assertThat(skews(node -> store(node, withPositionsFromElsewhere(last)))).isPositive();
    }

    /** Pairs of decisions of which each rests on the stream that the other one writes, and both were stored. */
    private int skews(Function<DataSource, EventStore> storeOn) {
        List<DataSource> nodes = nodes();
        List<EventStore> stores = nodes.stream().map(storeOn).toList();
        EventStore sound = store(nodes.get(0));
        int skews = 0;
        int refused = 0;
        for (int pair = 0; pair < PAIRS; pair++) {
            StreamId one = StreamId.of("pair-%d-one".formatted(pair));
            StreamId two = StreamId.of("pair-%d-two".formatted(pair));
            // The streams are there: a row that stands for one that is not would be written, and noticed.
            sound.appendEvents(StreamWrites.empty()
                    .registerStream(one, exactly(0))
                    .registerStream(two, exactly(0))
                    .append(new Deposited(one, 1))
                    .append(new Deposited(two, 1)));
            EventStore first = stores.get(pair % NODES);
            EventStore second = stores.get((pair + 1) % NODES);
            List<Boolean> stored = Race.<Boolean>run(
                    List.of(() -> isStored(first, decision(one, two)), () -> isStored(second, decision(two, one))));
            skews += stored.stream().allMatch(done -> done) ? 1 : 0;
            refused += (int) stored.stream().filter(done -> !done).count();
        }
        System.out.printf("Galera: %d pairs of decisions on two nodes, %d refused, %d skews%n", PAIRS, refused, skews);
        return skews;
    }

    private static StreamWrites decision(StreamId writes, StreamId restsOn) {
        return StreamWrites.to(writes, exactly(1), new Deposited(writes, 1)).registerStream(restsOn, exactly(1));
    }

    private static boolean isStored(EventStore store, StreamWrites writes) {
        try {
            store.appendEvents(writes);
            return true;
        } catch (EventStoreException notStored) {
            return false;
        }
    }

    @Test
    void decisions_on_tags_of_all_nodes_could_have_been_made_one_after_the_other() {
        assertThat(circles(this::store, 1)).isZero();
    }

    @Test
    void without_a_row_that_all_appends_write_decisions_on_tags_go_in_circles() {
        AtomicLong last = new AtomicLong();

        assertThat(circles(node -> store(node, withPositionsFromElsewhere(last)), ROUNDS_OF_BROKEN))
                .isPositive();
    }

    /** Decides in so many rounds at most, until some go in circles. */
    private int circles(Function<DataSource, EventStore> storeOn, int rounds) {
        List<SerialDecider> deciders = new ArrayList<>();
        for (DataSource node : nodes()) {
            deciders.add(new SerialDecider(storeOn.apply(node), transactions(node), (long) deciders.size() << 40));
        }
        int made = 0;
        int circles = 0;
        for (int round = 0; round < rounds && circles == 0; round++) {
            List<Decision> decisions =
                    SerialDecider.decideUntil(2 * NODES, DECISIONS, deciders, Storing.READ_COMMITTED);
            made += decisions.size();
            circles = SerialOrder.inCircles(decisions);
        }
        System.out.printf("Galera: %d decisions on tags on three nodes, %d in circles%n", made, circles);
        return circles;
    }

    private static JdbcTransactionManager transactions(DataSource node) {
        JdbcTransactionManager manager = new JdbcTransactionManager(node);
        manager.addListener(TransactionPhase.listener());
        return manager;
    }

    @Test
    void what_a_transaction_relied_on_without_events_is_so_when_it_commits() {
        assertThat(brokenGuards(this::store)).isZero();
    }

    @Test
    void guards_that_are_shared_locks_alone_are_overtaken() {
        assertThat(brokenGuards(node -> store(node, withPlainGuards()))).isPositive();
    }

    /**
     * Transactions that were committed although what they relied on had changed, and that was acknowledged on another node before their
     * commit began.
     */
    private int brokenGuards(Function<DataSource, EventStore> storeOn) {
        List<DataSource> nodes = nodes();
        DATABASE.createTable(prefix + "conclusion", "id int PRIMARY KEY");
        Backlog backlog = new Backlog(nodes.get(1));
        EventStore here = storeOn.apply(nodes.get(0));
        EventStore elsewhere = storeOn.apply(nodes.get(1));
        JdbcClient application = JdbcClient.create(nodes.get(0));
        TransactionTemplate transaction = new TransactionTemplate(transactions(nodes.get(0)));
        int broken = 0;
        for (int round = 0; round < BUSY_ROUNDS; round++) {
            StreamId premise = StreamId.of("premise-" + round);
            elsewhere.appendEvents(StreamWrites.to(premise, exactly(0), new Deposited(premise, 1)));
            int conclusion = round;
            try {
                transaction.executeWithoutResult(status -> {
                    here.appendEvents(StreamWrites.empty().registerStream(premise, exactly(1)));
                    application
                            .sql("INSERT INTO " + prefix + "conclusion VALUES (?)")
                            .param(conclusion)
                            .update();
                    Race.elsewhere(() -> {
                        backlog.grow();
                        return elsewhere.appendEvents(StreamWrites.to(premise, exactly(1), new Deposited(premise, 1)));
                    });
                });
                broken++;
            } catch (DataAccessException | TransactionException | EventStoreException refused) {
                assertThat(application
                                .sql("SELECT count(*) FROM " + prefix + "conclusion WHERE id = ?")
                                .param(conclusion)
                                .query(Integer.class)
                                .single())
                        .isZero();
            }
        }
        System.out.printf("Galera: %d transactions that rely on a stream, %d overtaken%n", BUSY_ROUNDS, broken);
        return broken;
    }

    /** Work that the appliers of the other nodes have to do before they come to what is committed next. */
    private static final class Backlog {
        private final JdbcClient node;
        private final String table = "backlog_" + UUID.randomUUID().toString().replace('-', '_');

        Backlog(DataSource node) {
            this.node = JdbcClient.create(node);
            DATABASE.createTable(table, "id int PRIMARY KEY, text varchar(200)");
            TestDatabase.execute(DATABASE.ownersDataSource(), "GRANT UPDATE ON " + table + " TO " + TestDatabase.APP);
            try (Connection root = GaleraDatabase.CLUSTER.node(1).connect()) {
                Statements.execute(
                        root,
                        "INSERT INTO %s.%s SELECT seq, repeat('x', 150) FROM %s.seq_1_to_40000"
                                .formatted(GaleraDatabase.NAME, table, GaleraDatabase.NAME));
            } catch (SQLException e) {
                throw new IllegalStateException(e);
            }
        }

        void grow() {
            node.sql("UPDATE " + table + " SET text = concat(reverse(left(text, 100)), uuid())")
                    .update();
        }
    }

    @Test
    void what_was_acknowledged_on_one_node_is_read_on_every_other() {
        assertThat(staleReads(this::store, "DO 0")).isZero();
    }

    @Test
    void sessions_that_do_not_wait_for_their_node_read_what_is_old_and_are_refused() {
        String hasty = "SET SESSION wsrep_sync_wait = 0";

        assertThat(staleReads(node -> store(node, Engine.GALERA.appends(names)), hasty))
                .isPositive();
        assertThatExceptionOfType(EventStoreUnavailableException.class)
                .isThrownBy(() -> store(pool(0, hasty)))
                .withMessageContaining("wsrep_sync_wait must be 7");
        assertThatExceptionOfType(EventStoreUnavailableException.class)
                .isThrownBy(() -> store(pool(0, "SET SESSION wsrep_sync_wait = 1")))
                .withMessageContaining("wsrep_sync_wait must be 7");
        assertThatExceptionOfType(EventStoreUnavailableException.class)
                .isThrownBy(() -> store(pool(0, "SET SESSION wsrep_dirty_reads = ON")))
                .withMessageContaining("wsrep_dirty_reads must be OFF");
    }

    /** Reads, and beginnings of transactions, on another node that did not show what had been acknowledged before they began. */
    private int staleReads(Function<DataSource, EventStore> storeOn, String firstStatement) {
        EventStore writer = store(pool(1, "DO 0"));
        EventStore reader = storeOn.apply(pool(0, firstStatement));
        Backlog backlog = new Backlog(pool(1, "DO 0"));
        StreamId stream = StreamId.of("seen-" + firstStatement.hashCode());
        // Opens the connections of the reader.
        reader.streamVersion(stream);
        int stale = 0;
        for (int round = 0; round < BUSY_ROUNDS; round++) {
            long last = 2L * round;
            backlog.grow();
            writer.appendEvents(StreamWrites.to(stream, exactly(last), new Deposited(stream, 1)));
            stale += reader.streamVersion(stream).value() == last + 1 ? 0 : 1;
            backlog.grow();
            writer.appendEvents(StreamWrites.to(stream, exactly(last + 1), new Deposited(stream, 1)));
            StreamId other = StreamId.of("resting-on-" + stream + "-" + round);
            stale += isStored(
                            reader,
                            StreamWrites.to(other, any(), new Deposited(other, 1))
                                    .registerStream(stream, exactly(last + 2)))
                    ? 0
                    : 1;
        }
        System.out.printf("Galera: %d reads right after a commit on another node, %d old%n", 2 * BUSY_ROUNDS, stale);
        return stale;
    }

    @Test
    void writers_on_all_nodes_lose_nothing_and_readers_of_each_node_skip_nothing() {
        History history = new History();
        List<String> violations = historyOf(history, node -> node);

        assertThat(violations).isEmpty();
        assertThat(history.count(Told.STORED)).isGreaterThan(NODES * ACTS / 4);
    }

    @Test
    void a_client_that_takes_a_refused_commit_for_done_is_caught() {
        assertThat(historyOf(new History(), GaleraAttackTest::ignoringRefusedCommits))
                .anyMatch(violation -> violation.startsWith("LOST"));
    }

    private List<String> historyOf(History history, UnaryOperator<DataSource> broken) {
        List<DataSource> nodes = nodes();
        List<EventStore> stores = nodes.stream().map(broken).map(this::store).toList();
        List<JdbcTransactionManager> transactions =
                nodes.stream().map(broken).map(GaleraAttackTest::transactions).toList();
        AtomicInteger writing = new AtomicInteger(2 * NODES);
        List<Callable<List<UUID>>> all = new ArrayList<>();
        for (int i = 0; i < 2 * NODES; i++) {
            int number = i;
            all.add(() -> {
                BankClient client = new BankClient(
                        stores.get(number % NODES), transactions.get(number % NODES), history, number, "bank");
                for (int act = 0; act < ACTS; act++) {
                    client.act();
                }
                writing.decrementAndGet();
                return List.of();
            });
        }
        for (DataSource node : nodes) {
            all.add(() -> followed(store(node), writing));
        }
        List<List<UUID>> delivered = Race.run(all);
        EventStore sound = store(nodes.get(0));
        BankClient.settle(history, sound);
        List<RecordedEvent<Event>> log = WholeLog.of(sound, EventFilter.all(), Event.class);
        history.deliver(log);
        List<String> violations = new ArrayList<>(history.violations(log));
        List<UUID> stored = log.stream().<UUID>map(RecordedEvent::id).toList();
        for (List<UUID> read : delivered.subList(2 * NODES, 3 * NODES)) {
            if (!stored.equals(read)) {
                violations.add("A READER HAS " + read.size() + " OF " + stored.size());
            }
        }
        System.out.printf(
                "Galera: %d appends of six clients on three nodes acknowledged, %d refused, %d unknown, %d violations%n",
                history.count(Told.STORED),
                history.count(Told.NOT_STORED),
                history.count(Told.UNKNOWN),
                violations.size());
        return violations;
    }

    /** What a reader of a node is given while others write, to the end. */
    private static List<UUID> followed(EventStore store, AtomicInteger writing) {
        List<UUID> delivered = new ArrayList<>();
        GlobalPosition after = GlobalPosition.START;
        boolean last = false;
        while (!last) {
            last = writing.get() == 0;
            for (RecordedEvent<Event> event : WholeLog.after(after, store, EventFilter.all(), Event.class)) {
                delivered.add(event.id());
                after = event.position();
            }
        }
        return delivered;
    }

    /** Connections whose commits always seem to succeed. */
    private static DataSource ignoringRefusedCommits(DataSource node) {
        return new DelegatingDataSource(node) {
            @Override
            public Connection getConnection() throws SQLException {
                return ignoring(Connection.class, super.getConnection());
            }
        };
    }

    private static <T> T ignoring(Class<T> type, T target) {
        return type.cast(Proxy.newProxyInstance(
                type.getClassLoader(), new Class<?>[] {type}, (self, method, arguments) -> {
                    try {
                        Object result = method.invoke(target, arguments);
                        return result instanceof Statement statement
                                        && method.getName().equals("createStatement")
                                ? ignoring(Statement.class, statement)
                                : result;
                    } catch (InvocationTargetException e) {
                        boolean commits = method.getName().equals("commit")
                                || (arguments != null && "COMMIT".equals(arguments[0]));
                        if (commits) {
                            return type == Statement.class ? Boolean.FALSE : null;
                        }
                        throw e.getCause();
                    }
                }));
    }
}
