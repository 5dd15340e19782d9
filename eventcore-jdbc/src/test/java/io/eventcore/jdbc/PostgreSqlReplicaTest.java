package io.eventcore.jdbc;

import static io.eventcore.ExpectedVersion.any;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.eventcore.EventBatch;
import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.EventStore;
import io.eventcore.EventStoreUnavailableException;
import io.eventcore.GlobalPosition;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamPrefix;
import io.eventcore.StreamWrites;
import io.eventcore.serialization.JacksonEventSerializer;
import io.eventcore.servers.PostgreSqlServer;
import io.eventcore.test.contract.LedgerEvent;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.postgresql.copy.CopyManager;
import org.postgresql.core.BaseConnection;
import org.postgresql.ds.PGSimpleDataSource;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.AbstractDataSource;

/** What a standby gives lacks nothing, and what it cannot give the primary does. On real servers. */
@Tag("cluster")
class PostgreSqlReplicaTest {
    private static final ReplicatedDatabase DATABASE = ReplicatedDatabase.INSTANCE;
    private static final StreamId EARLY = StreamId.of("account-early");
    private static final StreamId LATE = StreamId.of("account-late");
    private static final String PLACE = "pg_current_wal_insert_lsn()";
    private static final String ANSWER = "pg_last_wal_replay_lsn()";
    private static final String PAGE = "SELECT e.stream_key, e.version";

    private final PostgreSqlServer primary = DATABASE.primary();
    private final String prefix = DATABASE.newTables();
    private final WatchedDataSource onPrimary = new WatchedDataSource(DATABASE.dataSource());
    private final List<AutoCloseable> toBeClosed = new ArrayList<>();

    private WatchedDataSource onStandby = new WatchedDataSource(DATABASE.standbysDataSource());
    private JdbcDatabase database = ReplicatedDatabase.jdbc(onPrimary, onStandby, prefix);
    private EventStore store = ReplicatedDatabase.store(database);

    /** Reads the primary only. */
    private final EventStore plain = TestDatabase.store(DATABASE.dataSource(), prefix);

    @AfterEach
    void endServers() throws Exception {
        DATABASE.standby().resumeReplay();
        for (AutoCloseable each : toBeClosed) {
            each.close();
        }
    }

    @Test
    void what_is_settled_comes_from_a_standby_that_has_replayed_it() {
        append(EARLY, 300);
        untilReadFrom(DATABASE.standby());
        long pagesOfPrimary = onPrimary.sent(PAGE);

        EventBatch<LedgerEvent> page = read(EventFilter.all(), EventPage.first(100));
        EventBatch<LedgerEvent> next = read(
                EventFilter.prefix(StreamPrefix.of("account-")),
                EventPage.first(100).next(page));

        assertThat(page.events()).hasSize(100);
        assertThat(next.events()).hasSize(100);
        assertThat(page.endReached()).isFalse();
        assertThat(onPrimary.sent(PAGE)).isEqualTo(pagesOfPrimary);
        assertThat(all(store)).isEqualTo(all(plain));
    }

    /** The last position of the log is committed, and a lower one commits later: it is settled and not replayed. */
    @Test
    void what_the_standby_has_not_replayed_comes_from_the_primary() {
        append(EARLY, 1);
        Holder slow = beginLateAppend("");
        append(EARLY, 3);
        DATABASE.standby().awaitReplayOf(primary);
        DATABASE.standby().pauseReplay();
        slow.commit();

        assertThat(all(store)).isEqualTo(all(plain)).hasSize(5);

        DATABASE.standby().resumeReplay();
        untilReadFrom(DATABASE.standby());
        assertThat(all(store)).isEqualTo(all(plain)).hasSize(5);
    }

    @Test
    void what_ends_after_the_bound_was_settled_is_beyond_it() {
        append(EARLY, 1);
        Holder slow = beginLateAppend("");
        append(EARLY, 3);
        DATABASE.standby().awaitReplayOf(primary);
        onNextAfter(PLACE, () -> {
            DATABASE.standby().awaitReplayOf(primary);
            DATABASE.standby().pauseReplay();
            slow.commit();
        });

        assertThat(all(store)).isEqualTo(all(plain)).hasSize(5);
    }

    /** A function in the statement of the page would tell what was replayed after its snapshot. */
    @Test
    void what_is_replayed_after_a_page_was_read_does_not_make_it_whole() {
        append(EARLY, 1);
        Holder slow = beginLateAppend("");
        append(EARLY, 3);
        DATABASE.standby().awaitReplayOf(primary);
        DATABASE.standby().pauseReplay();
        slow.commit();
        onNextAfter(PAGE, () -> {
            DATABASE.standby().resumeReplay();
            DATABASE.standby().awaitReplayOf(primary);
        });

        assertThat(all(store)).isEqualTo(all(plain)).hasSize(5);
    }

    /** The server calls it committed before it has written it out, and its standbys get only what is written out. */
    @Test
    void a_commit_that_is_not_flushed_is_waited_for() {
        append(EARLY, 1);
        Holder slow = beginLateAppend("SET LOCAL synchronous_commit = off");
        append(EARLY, 3);
        DATABASE.standby().awaitReplayOf(primary);
        slow.commit();

        assertThat(all(store)).isEqualTo(all(plain)).hasSize(5);
    }

    @Test
    void a_standby_of_another_cluster_is_not_read_though_it_holds_the_same_events() throws Exception {
        append(EARLY, 1);
        Holder slow = beginLateAppend("");
        append(EARLY, 3);
        PostgreSqlServer other = open(PostgreSqlServer.primary(DATABASE.folder("other")));
        restoreInto(other);
        PostgreSqlServer otherStandby = open(other.standby(DATABASE.folder("other-standby")));
        slow.commit();
        other.writeBeyond(primary);
        otherStandby.awaitReplayOf(other);
        readFrom(otherStandby);

        assertThat(all(store)).isEqualTo(all(plain)).hasSize(5);
        assertThat(status().answer()).contains("another cluster");
    }

    /** The primary is reached directly, so only the way to the standby tells. */
    @Test
    void a_pooler_before_the_standby_that_mixes_statements_is_not_read_through() throws Exception {
        append(EARLY, 500);
        DATABASE.standby().awaitReplayOf(primary);
        PGSimpleDataSource past = DATABASE.standby().as(TestDatabase.APP);
        PgBouncer pooler = open(new PgBouncer(
                PgBouncer.WITHOUT_PREPARED_STATEMENTS,
                past.getPortNumbers()[0],
                List.of(TestDatabase.APP),
                PostgreSqlDatabase.PASSWORD));
        past.setServerNames(new String[] {"127.0.0.1"});
        past.setPortNumbers(new int[] {pooler.port()});
        readFrom(past);

        assertThat(all(store)).isEqualTo(all(plain)).hasSize(500);
        assertThat(status().pagesFromReplica()).isZero();
        assertThat(status().answer()).contains("prepareThreshold=0");

        past.setPrepareThreshold(0);
        readFrom(past);
        untilReadFrom(DATABASE.standby());
    }

    /** A copy made for tests, say, that was opened: the identifier of the cluster is the same. */
    @Test
    void a_standby_of_a_copy_of_the_cluster_is_not_read() throws Exception {
        append(EARLY, 1);
        Holder slow = beginLateAppend("");
        append(EARLY, 3);
        PostgreSqlServer copy = open(primary.standby(DATABASE.folder("copy")));
        copy.awaitReplayOf(primary);
        copy.promote();
        copy.execute("CHECKPOINT");
        PostgreSqlServer standbyOfCopy = open(copy.standby(DATABASE.folder("standby-of-copy")));
        slow.commit();
        copy.writeBeyond(primary);
        standbyOfCopy.awaitReplayOf(copy);
        readFrom(standbyOfCopy);

        assertThat(all(store)).isEqualTo(all(plain)).hasSize(5);
        assertThat(status().answer()).contains("timeline");
    }

    /** It follows a server that was promoted, and its control file does not say so yet. */
    @Test
    void a_standby_that_lacks_what_is_settled_is_not_read_however_far_it_is() throws Exception {
        append(EARLY, 2);
        PostgreSqlServer promoted = open(primary.standby(DATABASE.folder("promoted")));
        PostgreSqlServer follower = open(primary.cascaded(promoted, DATABASE.folder("follower")));
        promoted.awaitReplayOf(primary);
        follower.awaitReplayOf(primary);
        promoted.promote();
        append(EARLY, 3);
        promoted.writeBeyond(primary);
        follower.awaitReplayOf(promoted);
        readFrom(follower);

        assertThat(all(store)).isEqualTo(all(plain)).hasSize(5);
        assertThat(status().answer()).contains("lacks an event");
    }

    @Test
    void a_standby_that_is_promoted_in_the_midst_of_a_page_gives_that_page_and_no_other() throws Exception {
        append(EARLY, 10);
        PostgreSqlServer promoted = open(primary.standby(DATABASE.folder("promoted")));
        promoted.awaitReplayOf(primary);
        readFrom(promoted);
        untilReadFrom(promoted);
        onNextAfter(ANSWER, () -> {
            promoted.promote();
            TestDatabase.store(promoted.as(TestDatabase.APP), prefix)
                    .appendEvents(StreamWrites.to(LATE, any(), new Deposited(LATE, 99)));
        });
        long pages = status().pagesFromReplica();

        assertThat(all(store)).isEqualTo(all(plain)).hasSize(10);
        assertThat(status().pagesFromReplica()).isEqualTo(pages + 1);
        append(EARLY, 5);
        assertThat(all(store)).isEqualTo(all(plain)).hasSize(15);
        assertThat(status().pagesFromReplica()).isEqualTo(pages + 1);
        assertThat(status().answer()).contains("not a standby");
    }

    @Test
    void a_standby_of_a_standby_is_as_good() throws Exception {
        PostgreSqlServer second = open(primary.cascaded(DATABASE.standby(), DATABASE.folder("second")));
        append(EARLY, 1);
        Holder slow = beginLateAppend("");
        append(EARLY, 3);
        second.awaitReplayOf(primary);
        readFrom(second);
        DATABASE.standby().pauseReplay();
        slow.commit();

        assertThat(all(store)).isEqualTo(all(plain)).hasSize(5);

        DATABASE.standby().resumeReplay();
        untilReadFrom(second);
        assertThat(all(store)).isEqualTo(all(plain)).hasSize(5);
    }

    @Test
    void each_of_several_standbys_behind_one_address_is_asked_itself() throws Exception {
        PostgreSqlServer second = open(primary.standby(DATABASE.folder("second")));
        DataSource[] both = {DATABASE.standby().as(TestDatabase.APP), second.as(TestDatabase.APP)};
        AtomicInteger turn = new AtomicInteger();
        readFrom(new AbstractDataSource() {
            @Override
            public Connection getConnection() throws SQLException {
                return both[turn.getAndIncrement() % both.length].getConnection();
            }

            @Override
            public Connection getConnection(String user, String password) throws SQLException {
                return getConnection();
            }
        });
        append(EARLY, 1);
        Holder slow = beginLateAppend("");
        append(EARLY, 30);
        second.awaitReplayOf(primary);
        DATABASE.standby().awaitReplayOf(primary);
        DATABASE.standby().pauseReplay();
        slow.commit();

        untilReadFrom(second);
        for (int i = 0; i < 20; i++) {
            assertThat(all(store)).isEqualTo(all(plain)).hasSize(32);
        }
    }

    @Test
    void a_standby_that_lags_without_end_stops_nobody_and_is_not_asked_all_the_time() {
        append(EARLY, 10);
        DATABASE.standby().awaitReplayOf(primary);
        DATABASE.standby().pauseReplay();
        long begin = System.nanoTime();

        for (int i = 0; i < 50; i++) {
            append(EARLY, 10);
            assertThat(all(store)).hasSize(20 + 10 * i);
        }

        long tenths = (System.nanoTime() - begin) / 100_000_000;
        assertThat(onStandby.sent(ANSWER)).isBetween(1L, tenths + 2);
        assertThat(status().pagesFromReplica()).isZero();
        DATABASE.standby().resumeReplay();
        untilReadFrom(DATABASE.standby());
    }

    @Test
    void a_standby_that_is_killed_in_the_midst_of_a_page_or_not_there_is_replaced_by_the_primary() throws Exception {
        append(EARLY, 10);
        PostgreSqlServer killed = open(primary.standby(DATABASE.folder("killed")));
        killed.awaitReplayOf(primary);
        HikariConfig config = new HikariConfig();
        config.setDataSource(killed.as(TestDatabase.APP));
        config.setConnectionTimeout(500);
        HikariDataSource pool = open(new HikariDataSource(config));
        readFrom(pool);
        untilReadFrom(killed);
        onNextAfter(ANSWER, killed::kill);
        long pages = status().pagesFromReplica();

        for (int i = 0; i < 100; i++) {
            assertThat(all(store)).isEqualTo(all(plain)).hasSize(10);
        }

        assertThat(status().pagesFromReplica()).isEqualTo(pages);
        assertThat(status().answer()).contains("cannot be reached");
    }

    @Test
    void a_page_that_a_frozen_standby_does_not_give_comes_from_the_primary() throws Exception {
        append(EARLY, 10);
        PostgreSqlServer frozen = open(primary.standby(DATABASE.folder("frozen")));
        frozen.awaitReplayOf(primary);
        readFrom(frozen);
        untilReadFrom(frozen);
        onNextAfter(ANSWER, () -> signal(frozen, "STOP"));
        try {
            assertThat(all(store)).isEqualTo(all(plain)).hasSize(10);
            assertThat(status().answer()).contains("cannot be reached");
        } finally {
            frozen.signal("CONT");
        }
    }

    @Test
    void a_page_whose_statement_the_standby_cancels_because_of_what_it_replays_comes_from_the_primary() {
        append(EARLY, 10);
        untilReadFrom(DATABASE.standby());
        String conflicts = "SELECT sum(confl_lock) FROM pg_stat_database_conflicts";
        String before = DATABASE.standby().text(conflicts);
        onNextAfter(ANSWER, () -> {
            primary.execute("BEGIN; LOCK TABLE %sevent IN ACCESS EXCLUSIVE MODE; COMMIT".formatted(prefix));
            DATABASE.standby().await("(" + conflicts + ") > " + before);
        });

        assertThat(all(store)).isEqualTo(all(plain)).hasSize(10);
        assertThat(status().answer()).contains("ended the read");
    }

    @Test
    void commands_streams_and_the_last_position_are_read_on_the_primary() {
        append(EARLY, 200);
        DATABASE.standby().awaitReplayOf(primary);
        List<String> before = onStandby.sent();

        store.readStream(EARLY, LedgerEvent.class).forEach(event -> {});
        store.streamVersion(EARLY);
        store.lastPosition();
        append(EARLY, 1);

        assertThat(onStandby.sent()).isEqualTo(before);
    }

    @Test
    void a_long_stream_is_read_from_the_standby_on_request_and_ends_where_the_primary_says() {
        append(EARLY, 2_000);
        append(LATE, 3);
        DATABASE.standby().awaitReplayOf(primary);
        EventStore streams = database.eventStoreBuilder(new JacksonEventSerializer(LedgerEvent.types()))
                .streamsFromReplica()
                .build();
        List<LedgerEvent> expected = events(plain);
        assertThat(events(streams)).isEqualTo(expected).hasSize(2_000);
        while (status().pagesFromReplica() == 0) {
            DATABASE.standby().awaitReplayOf(primary);
            assertThat(events(streams)).isEqualTo(expected);
        }

        DATABASE.standby().pauseReplay();
        append(EARLY, 1_000);
        long pages = status().pagesFromReplica();

        assertThat(events(streams)).isEqualTo(events(plain)).hasSize(3_000);
        assertThat(status().pagesFromReplica()).isEqualTo(pages);
    }

    private static List<LedgerEvent> events(EventStore store) {
        List<LedgerEvent> events = new ArrayList<>();
        store.readStream(EARLY, LedgerEvent.class).forEach(event -> events.add(event.event()));
        return events;
    }

    @Test
    void a_reader_beyond_the_end_of_the_log_is_told_by_the_primary() {
        append(EARLY, 10);
        untilReadFrom(DATABASE.standby());
        GlobalPosition beyond = GlobalPosition.of(store.lastPosition().value() + 1_000);

        assertThatExceptionOfType(EventStoreUnavailableException.class)
                .isThrownBy(() -> read(EventFilter.all(), EventPage.after(beyond, 10)));
    }

    private ReplicaStatus status() {
        return database.replicaStatus().orElseThrow();
    }

    private void append(StreamId account, int events) {
        StreamWrites writes = StreamWrites.empty().registerStream(account, any());
        for (int i = 1; i <= events; i++) {
            writes = writes.append(new Deposited(account, i));
        }
        plain.appendEvents(writes);
    }

    /**
     * An append that has drawn its position, and is not committed.
     *
     * @param setting a statement in its transaction, if it is not empty
     */
    private Holder beginLateAppend(String setting) {
        return Holder.of(DATABASE.dataSource(), () -> {
            plain.appendEvents(StreamWrites.to(LATE, any(), new Deposited(LATE, 7)));
            if (!setting.isEmpty()) {
                JdbcClient.create(DATABASE.dataSource()).sql(setting).update();
            }
        });
    }

    private EventBatch<LedgerEvent> read(EventFilter filter, EventPage page) {
        return store.readEvents(filter, page, LedgerEvent.class);
    }

    private static List<RecordedEvent<LedgerEvent>> all(EventStore log) {
        return WholeLog.of(log, EventFilter.all(), LedgerEvent.class);
    }

    /** Reads until pages come from this standby: the primary may have written something after what a standby has replayed. */
    private void untilReadFrom(PostgreSqlServer standby) {
        long before = status().pagesFromReplica();
        while (status().pagesFromReplica() == before) {
            standby.awaitReplayOf(primary);
            assertThat(all(store)).isEqualTo(all(plain));
        }
    }

    private void readFrom(PostgreSqlServer standby) {
        readFrom(standby.as(TestDatabase.APP));
    }

    private void readFrom(DataSource standbys) {
        onStandby = new WatchedDataSource(standbys);
        database = ReplicatedDatabase.jdbc(onPrimary, onStandby, prefix);
        store = ReplicatedDatabase.store(database);
    }

    /** Runs an action once, before the statement that follows one with this text. */
    private void onNextAfter(String text, Runnable action) {
        AtomicInteger seen = new AtomicInteger();
        Consumer<String> watch = sql -> {
            if (seen.get() == 1) {
                seen.set(2);
                action.run();
            } else if (seen.get() == 0 && sql.contains(text)) {
                seen.set(1);
            }
        };
        onPrimary.beforeEach(watch);
        onStandby.beforeEach(watch);
    }

    private <T extends AutoCloseable> T open(T resource) {
        toBeClosed.add(0, resource);
        return resource;
    }

    private static void signal(PostgreSqlServer server, String signal) {
        try {
            server.signal(signal);
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** What is committed, as a dump brings it to another cluster. */
    private void restoreInto(PostgreSqlServer other) throws Exception {
        other.execute("CREATE ROLE " + TestDatabase.APP + " LOGIN");
        other.execute("CREATE ROLE " + TestDatabase.READER + " LOGIN");
        JdbcSchema schema = JdbcSchema.in(other.as("postgres"), "", prefix);
        schema.create();
        other.execute(schema.rolesScript(TestDatabase.APP, TestDatabase.READER));
        for (String table : List.of("stream", "event")) {
            try (Connection from = primary.as("postgres").getConnection();
                    Connection to = other.as("postgres").getConnection();
                    Statement truncate = to.createStatement()) {
                truncate.execute("SET session_replication_role = replica");
                ByteArrayOutputStream rows = new ByteArrayOutputStream();
                new CopyManager(from.unwrap(BaseConnection.class))
                        .copyOut("COPY " + prefix + table + " TO STDOUT", rows);
                new CopyManager(to.unwrap(BaseConnection.class))
                        .copyIn("COPY " + prefix + table + " FROM STDIN", new ByteArrayInputStream(rows.toByteArray()));
            }
        }
    }
}
