package io.eventcore.jdbc;

import static io.eventcore.ExpectedVersion.any;
import static io.eventcore.ExpectedVersion.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.eventcore.AppendInFlight;
import io.eventcore.Event;
import io.eventcore.EventBatch;
import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.EventStore;
import io.eventcore.EventStoreException;
import io.eventcore.EventStoreUnavailableException;
import io.eventcore.GlobalPosition;
import io.eventcore.StreamId;
import io.eventcore.StreamPattern;
import io.eventcore.StreamPrefix;
import io.eventcore.StreamWrites;
import io.eventcore.VersionConflictException;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import io.eventcore.test.contract.LedgerEvent.Withdrawn;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** The in-flight lock of PostgreSQL under everything that transactions, sessions and sequences can do. */
class PostgreSqlOrderTest {
    private static final PostgreSqlDatabase DATABASE = PostgreSqlDatabase.INSTANCE;
    private static final StreamId EARLY = StreamId.of("early");
    private static final StreamId LATE = StreamId.of("late");

    private final TransactionTemplate transaction =
            new TransactionTemplate(new JdbcTransactionManager(DATABASE.dataSource()));
    private String prefix = "";
    private JdbcEventStore store = DATABASE.newStore();

    @BeforeEach
    void beginWithEmptyTables() {
        prefix = DATABASE.newTables();
        store = DATABASE.store(prefix);
        store.appendEvents(deposit(EARLY));
    }

    @Test
    void no_filtered_page_continues_after_an_append_in_flight() {
        List<EventFilter> filters = List.of(
                EventFilter.all(),
                EventFilter.prefix(StreamPrefix.of("early")),
                EventFilter.pattern(StreamPattern.of("*y")),
                EventFilter.all().ofTypes(Deposited.class),
                EventFilter.all().ofTypes(Withdrawn.class));
        try (Holder holder = Holder.of(DATABASE.dataSource(), () -> store.appendEvents(deposit(LATE)))) {
            GlobalPosition beyond = store.appendEvents(deposit(EARLY)).lastPosition();

            for (EventFilter filter : filters) {
                EventBatch<Event> batch = store.readEvents(filter, EventPage.first(10), Event.class);
                assertThat(batch.continueAfter()).as("%s", filter).isLessThan(beyond);
                assertThat(batch.events()).hasSizeLessThan(2);
            }
            holder.commit();
        }
        assertThat(streams()).containsExactly("early", "late", "early");
    }

    @Test
    void no_reader_passes_positions_at_the_end_whose_appends_were_rolled_back_however_many() {
        GlobalPosition last = store.lastPosition();
        transaction.executeWithoutResult(status -> {
            StreamWrites writes = StreamWrites.empty().registerStream(LATE, any());
            for (int i = 0; i < 1_000; i++) {
                writes = writes.append(new Deposited(LATE, i));
            }
            store.appendEvents(writes);
            status.setRollbackOnly();
        });
        assertThat(drawn()).isEqualTo(last.value() + 1_000);

        for (EventFilter filter : List.of(EventFilter.all(), EventFilter.all().ofTypes(Withdrawn.class))) {
            EventBatch<Event> page = store.readEvents(filter, EventPage.after(last, 10), Event.class);
            assertThat(page).isEqualTo(new EventBatch<>(List.of(), last, true));
        }
        GlobalPosition next = store.appendEvents(deposit(EARLY)).lastPosition();
        for (EventFilter filter : List.of(EventFilter.all(), EventFilter.all().ofTypes(Withdrawn.class))) {
            assertThat(store.readEvents(filter, EventPage.after(last, 10), Event.class)
                            .continueAfter())
                    .isEqualTo(next);
        }
    }

    private long drawn() {
        return JdbcClient.create(DATABASE.superusersDataSource())
                .sql("SELECT pg_sequence_last_value('" + prefix + "position')")
                .query(Long.class)
                .single();
    }

    @Test
    void a_reader_at_the_end_does_not_pass_an_append_that_may_still_commit() {
        GlobalPosition last = store.lastPosition();
        try (Holder holder = Holder.of(DATABASE.dataSource(), () -> store.appendEvents(deposit(LATE)))) {
            EventBatch<Event> page = store.readEvents(EventFilter.all(), EventPage.after(last, 10), Event.class);
            assertThat(page.continueAfter()).isEqualTo(last);
            holder.commit();
        }
        assertThat(store.readEvents(EventFilter.all(), EventPage.after(last, 10), Event.class)
                        .events())
                .hasSize(1);
    }

    @Test
    void the_oldest_append_in_flight_is_told_and_none_of_other_tables() {
        JdbcEventStore other = DATABASE.store(DATABASE.newTables());
        assertThat(store.oldestAppendInFlight()).isEmpty();

        try (Holder elsewhere = Holder.of(DATABASE.dataSource(), () -> other.appendEvents(deposit(LATE)));
                Holder first = Holder.of(DATABASE.dataSource(), () -> store.appendEvents(deposit(LATE)))) {
            AppendInFlight oldest = store.oldestAppendInFlight().orElseThrow();
            try (Holder second = Holder.of(DATABASE.dataSource(), () -> store.appendEvents(deposit(EARLY)))) {
                AppendInFlight still = store.oldestAppendInFlight().orElseThrow();
                assertThat(still.session()).isEqualTo(oldest.session()).matches("backend \\d+");
                assertThat(still.since()).isEqualTo(oldest.since());
                assertThat(still.age()).isGreaterThan(oldest.age());
                second.commit();
            }
            first.commit();
            assertThat(store.oldestAppendInFlight()).isEmpty();
            elsewhere.commit();
        }
    }

    @Test
    void after_a_savepoint_is_rolled_back_the_next_append_announces_itself_again() {
        try (Holder holder = Holder.of(DATABASE.dataSource(), () -> {
            TransactionTemplate nested = new TransactionTemplate(new JdbcTransactionManager(DATABASE.dataSource()));
            nested.setPropagationBehavior(TransactionTemplate.PROPAGATION_NESTED);
            nested.executeWithoutResult(status -> {
                store.appendEvents(deposit(LATE));
                status.setRollbackOnly();
            });
            store.appendEvents(deposit(LATE));
        })) {
            assertLateIsNotPassed(holder);
        }
    }

    @Test
    void what_a_released_savepoint_has_announced_lasts_until_the_outer_one_is_rolled_back() {
        try (Holder holder = Holder.of(DATABASE.dataSource(), () -> {
            TransactionTemplate nested = new TransactionTemplate(new JdbcTransactionManager(DATABASE.dataSource()));
            nested.setPropagationBehavior(TransactionTemplate.PROPAGATION_NESTED);
            nested.executeWithoutResult(outer -> {
                nested.executeWithoutResult(inner -> store.appendEvents(deposit(LATE)));
                store.appendEvents(deposit(LATE));
                outer.setRollbackOnly();
            });
            nested.executeWithoutResult(outer -> store.appendEvents(deposit(LATE)));
        })) {
            assertLateIsNotPassed(holder);
        }
    }

    @Test
    void ten_thousand_appends_in_one_transaction_hold_one_lock() throws SQLException {
        try (Connection connection = DATABASE.superusersDataSource().getConnection();
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            statement.execute("""
                    DO $$
                    BEGIN
                        FOR i IN 1 .. 10000 LOOP
                            PERFORM %s;
                        END LOOP;
                    END
                    $$
                    """.formatted(call("'late-' || i % 100")));
            try (ResultSet row = statement.executeQuery(
                    "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()")) {
                row.next();
                assertThat(row.getLong(1)).isEqualTo(1);
            }
            connection.commit();
            connection.setAutoCommit(true);
        }
        assertThat(streams()).hasSize(10_001);
    }

    @Test
    void a_prepared_transaction_is_in_flight_until_it_is_committed() throws SQLException {
        try (Connection connection = DATABASE.superusersDataSource().getConnection();
                Statement statement = connection.createStatement()) {
            if (!hasPreparedTransactions(statement)) {
                // The embedded server is started with them switched on; a server given by its URL may not be.
                throw new AssertionError("The server needs max_prepared_transactions > 0");
            }
            connection.setAutoCommit(false);
            statement.execute("SELECT " + call("'" + LATE + "'"));
            statement.execute("PREPARE TRANSACTION 'late'");
            connection.setAutoCommit(true);

            store.appendEvents(deposit(EARLY));
            assertThat(streams()).containsExactly("early");
            assertThat(streams(EventFilter.all().ofTypes(Deposited.class))).containsExactly("early");
            statement.execute("COMMIT PREPARED 'late'");
            assertThat(streams()).containsExactly("early", "late", "early");
        }
    }

    @Test
    void an_append_in_a_block_with_an_exception_handler_is_in_flight_only_if_it_stays() throws SQLException {
        try (Connection connection = DATABASE.superusersDataSource().getConnection();
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            statement.execute("""
                    DO $$
                    BEGIN
                        BEGIN
                            PERFORM %s;
                            RAISE EXCEPTION 'undo';
                        EXCEPTION WHEN raise_exception THEN
                            NULL;
                        END;
                        PERFORM %s;
                    END
                    $$
                    """.formatted(call("'late'"), call("'late'")));
            store.appendEvents(deposit(EARLY));

            assertThat(streams()).containsExactly("early");
            connection.commit();
            connection.setAutoCommit(true);
        }
        assertThat(streams()).containsExactly("early", "late", "early");
    }

    @Test
    void another_store_in_the_same_database_delays_nobody() {
        JdbcEventStore neighbour = DATABASE.newStore();
        try (Holder holder = Holder.of(DATABASE.dataSource(), () -> neighbour.appendEvents(deposit(LATE)))) {
            store.appendEvents(deposit(EARLY));

            assertThat(streams(EventFilter.prefix(StreamPrefix.of("e")))).hasSize(2);
            holder.rollBack();
        }
    }

    @Test
    void one_transaction_announces_itself_to_every_store_though_their_numbers_are_the_same() {
        String one = DATABASE.newTables(PostgreSqlOrderTest::withFixedLockSpace);
        String other = DATABASE.newTables(PostgreSqlOrderTest::withFixedLockSpace);
        JdbcEventStore far = DATABASE.store(one);
        for (int i = 0; i < 50; i++) {
            far.appendEvents(deposit(EARLY));
        }
        store = DATABASE.store(other);
        store.appendEvents(deposit(EARLY));
        try (Holder holder = Holder.of(DATABASE.dataSource(), () -> {
            far.appendEvents(deposit(LATE));
            store.appendEvents(deposit(LATE));
        })) {
            assertLateIsNotPassed(holder);
        }
    }

    private static String withFixedLockSpace(String script) {
        return script.replace("SELECT 'eventcore_event'::regclass::oid::bigint % 32766 + 1", "SELECT 7::bigint");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SELECT pg_advisory_lock(1)",
                "SELECT pg_advisory_lock(1, 1)",
                "SELECT pg_advisory_lock_shared(-1)",
                "SELECT pg_advisory_lock(in_space(0))",
                "SELECT pg_advisory_lock(in_space(1))",
                "SELECT pg_advisory_lock_shared(32767::bigint << 48)"
            })
    void locks_of_a_foreign_application_that_are_not_announcements_delay_no_reader(String lock) throws SQLException {
        try (Connection connection = DATABASE.superusersDataSource().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(inSpace(lock));
            try {
                assertThat(streams(EventFilter.prefix(StreamPrefix.of("e")))).containsExactly("early");
            } finally {
                statement.execute("SELECT pg_advisory_unlock_all()");
            }
        }
    }

    @Test
    void a_foreign_lock_that_looks_like_an_announcement_delays_and_skips_nothing() throws SQLException {
        try (Connection connection = DATABASE.superusersDataSource().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(inSpace("SELECT pg_advisory_lock_shared(in_space(1))"));
            store.appendEvents(deposit(LATE));

            EventBatch<Event> batch =
                    store.readEvents(EventFilter.prefix(StreamPrefix.of("l")), EventPage.first(10), Event.class);
            assertThat(batch.events()).isEmpty();
            assertThat(batch.continueAfter()).isLessThanOrEqualTo(GlobalPosition.of(1));
            statement.execute("SELECT pg_advisory_unlock_all()");
        }
        assertThat(streams(EventFilter.prefix(StreamPrefix.of("l")))).containsExactly("late");
    }

    @Test
    void a_foreign_exclusive_lock_on_the_very_key_delays_the_append_and_no_other() throws SQLException {
        CompletableFuture<Long> delayed = new CompletableFuture<>();
        try (Connection connection = DATABASE.superusersDataSource().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("SELECT pg_advisory_lock(" + prefix + "announcement())");
            Thread appending = new Thread(() -> delayed.complete(
                    store.appendEvents(deposit(LATE)).lastPosition().value()));
            appending.start();
            awaitWaiting(statement);

            assertThat(streams(EventFilter.prefix(StreamPrefix.of("e")))).containsExactly("early");
            assertThat(delayed).isNotDone();
            statement.execute("SELECT pg_advisory_unlock_all()");
        }
        assertThat(delayed.join()).isPositive();
        assertThat(streams()).containsExactly("early", "late");
    }

    private static void awaitWaiting(Statement statement) throws SQLException {
        boolean waiting = false;
        while (!waiting) {
            try (ResultSet row = statement.executeQuery(
                    "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted)")) {
                row.next();
                waiting = row.getBoolean(1);
            }
        }
    }

    @Test
    void a_sequence_that_was_restarted_is_refused_by_writers_readers_and_new_stores() {
        store.appendEvents(deposit(EARLY));
        TestDatabase.execute(DATABASE.ownersDataSource(), "ALTER SEQUENCE " + prefix + "position RESTART");

        assertThatExceptionOfType(EventStoreException.class).isThrownBy(() -> store.appendEvents(deposit(LATE)));
        assertThatExceptionOfType(EventStoreException.class)
                .isThrownBy(() -> streams(EventFilter.prefix(StreamPrefix.of("e"))));
        assertThatExceptionOfType(SchemaException.class).isThrownBy(() -> DATABASE.store(prefix));
    }

    @Test
    void a_sequence_that_was_set_back_is_refused_by_readers_and_new_stores() {
        store.appendEvents(deposit(EARLY));
        transaction.executeWithoutResult(status -> {
            store.appendEvents(deposit(LATE));
            status.setRollbackOnly();
        });
        store.appendEvents(deposit(EARLY));
        assertThat(streams(EventFilter.prefix(StreamPrefix.of("e")))).hasSize(3);
        TestDatabase.execute(DATABASE.ownersDataSource(), "SELECT setval('" + prefix + "position', 2)");

        assertThatExceptionOfType(EventStoreException.class)
                .isThrownBy(() -> streams(EventFilter.prefix(StreamPrefix.of("e"))));
        assertThatExceptionOfType(EventStoreException.class).isThrownBy(this::streams);
        assertThatExceptionOfType(SchemaException.class)
                .isThrownBy(() -> DATABASE.store(prefix))
                .withMessageContaining("position");
    }

    @Test
    void what_was_settled_counts_for_nothing_in_another_log() {
        EventFilter early = EventFilter.prefix(StreamPrefix.of("e"));
        for (int i = 0; i < 5; i++) {
            store.appendEvents(deposit(EARLY));
        }
        assertThat(streams(early)).hasSize(6);
        setLogBackToTheFirstEvent();

        try (Holder holder = Holder.of(DATABASE.dataSource(), () -> store.appendEvents(deposit(LATE)))) {
            for (int i = 0; i < 10; i++) {
                store.appendEvents(deposit(EARLY));
            }
            assertThat(streams(early)).containsExactly("early");
            assertThat(streams()).containsExactly("early");
            holder.commit();
        }
        assertThat(streams()).hasSize(12).startsWith("early", "late", "early");
    }

    @Test
    void a_log_that_was_set_back_is_refused_by_those_who_read_further_and_by_nobody_else() {
        List<EventFilter> filters = List.of(
                EventFilter.all(),
                EventFilter.prefix(StreamPrefix.of("e")),
                EventFilter.all().ofTypes(Withdrawn.class));
        GlobalPosition lost = store.appendEvents(deposit(EARLY)).lastPosition();
        filters.forEach(this::streams);
        setLogBackToTheFirstEvent();
        // As after a crash: the server has given away more than it was asked for.
        TestDatabase.execute(DATABASE.ownersDataSource(), "SELECT setval('" + prefix + "position', 40)");

        for (EventFilter filter : filters) {
            assertThatExceptionOfType(EventStoreUnavailableException.class)
                    .as("%s", filter)
                    .isThrownBy(() -> store.readEvents(filter, EventPage.after(lost, 10), Event.class))
                    .withMessageContaining("set back");
            assertThat(store.readEvents(filter, EventPage.first(10), Event.class)
                            .continueAfter())
                    .as("%s", filter)
                    .isEqualTo(store.lastPosition());
        }
    }

    private void setLogBackToTheFirstEvent() {
        DATABASE.runScript(new TableNames("", prefix).in("""
                ALTER TABLE eventcore_event DISABLE TRIGGER refuse_change;
                DELETE FROM eventcore_event WHERE version > 1;
                ALTER TABLE eventcore_event ENABLE ALWAYS TRIGGER refuse_change;
                UPDATE eventcore_stream SET version = 1;
                SELECT setval('eventcore_position', (SELECT max(position) FROM eventcore_event));
                """));
    }

    @Test
    void no_position_is_drawn_that_does_not_fit_an_announcement() {
        TestDatabase.execute(
                DATABASE.ownersDataSource(), "SELECT setval('" + prefix + "position', " + ((1L << 48) - 3) + ")");
        store.appendEvents(deposit(EARLY));
        GlobalPosition last = store.appendEvents(deposit(LATE)).lastPosition();
        assertThat(last.value()).isEqualTo((1L << 48) - 1);

        assertThatExceptionOfType(EventStoreUnavailableException.class)
                .isThrownBy(() -> store.appendEvents(deposit(EARLY)))
                .withMessageContaining("2200H");
        transaction.executeWithoutResult(status -> {
            assertThatExceptionOfType(EventStoreUnavailableException.class)
                    .isThrownBy(() -> store.appendEvents(deposit(LATE)));
            status.setRollbackOnly();
        });
        assertThat(streams()).containsExactly("early", "early", "late");
        assertThat(streams(EventFilter.prefix(StreamPrefix.of("late")))).containsExactly("late");
        assertThat(store.lastPosition()).isEqualTo(last);
    }

    /** Tables that a snapshot of the library made before it knew that end. */
    @Test
    void older_tables_are_given_that_end_by_one_statement() {
        String sequence = prefix + "position";
        TestDatabase.execute(DATABASE.ownersDataSource(), "ALTER SEQUENCE " + sequence + " NO MAXVALUE");

        TestDatabase.execute(DATABASE.ownersDataSource(), "ALTER SEQUENCE " + sequence + " MAXVALUE 281474976710655");

        no_position_is_drawn_that_does_not_fit_an_announcement();
    }

    @Test
    void the_commit_of_an_append_lasts_whatever_the_setting_of_the_transaction() {
        transaction.executeWithoutResult(status -> {
            JdbcTemplate session = new JdbcTemplate(DATABASE.dataSource());
            session.execute("SET LOCAL synchronous_commit = off");
            store.appendEvents(deposit(EARLY));
            assertThat(session.queryForObject("SHOW synchronous_commit", String.class))
                    .isEqualTo("on");
            session.execute("SET LOCAL synchronous_commit = remote_apply");
            store.appendEvents(deposit(LATE));
            assertThat(session.queryForObject("SHOW synchronous_commit", String.class))
                    .isEqualTo("remote_apply");
        });
        assertThat(streams()).containsExactly("early", "early", "late");
    }

    @Test
    void appends_and_readers_work_in_read_committed_whatever_is_the_default() {
        for (String isolation : List.of("repeatable read", "serializable")) {
            SingleConnectionDataSource one = sessionWith(isolation);
            SingleConnectionDataSource another = sessionWith(isolation);
            try {
                JdbcEventStore strict = TestDatabase.store(one, prefix);
                try (Holder holder = Holder.of(DATABASE.dataSource(), () -> store.appendEvents(deposit(LATE)))) {
                    CompletableFuture<Long> behind =
                            CompletableFuture.supplyAsync(() -> TestDatabase.store(another, prefix)
                                    .appendEvents(deposit(LATE))
                                    .lastPosition()
                                    .value());
                    awaitRowLock();
                    store.appendEvents(deposit(EARLY));
                    List<String> before = streams(strict, EventFilter.all());
                    holder.commit();

                    assertThat(behind.join()).isPositive();
                    assertThat(streams(strict, EventFilter.all())).startsWith(before.toArray(String[]::new));
                }
                assertThat(streams(strict, EventFilter.all())).isEqualTo(streams());
                assertThatExceptionOfType(VersionConflictException.class)
                        .isThrownBy(
                                () -> strict.appendEvents(StreamWrites.to(LATE, exactly(0), new Deposited(LATE, 1))));
            } finally {
                one.destroy();
                another.destroy();
            }
        }
    }

    private static void awaitRowLock() {
        while (Boolean.FALSE.equals(new JdbcTemplate(DATABASE.superusersDataSource())
                .queryForObject(
                        "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock')",
                        Boolean.class))) {
            Thread.onSpinWait();
        }
    }

    /** A session as the settings of a database or of a pool make it. */
    private static SingleConnectionDataSource sessionWith(String isolation) {
        try {
            Connection connection = DATABASE.dataSource().getConnection();
            try (Statement statement = connection.createStatement()) {
                statement.execute("SET default_transaction_isolation = '" + isolation + "'");
            }
            return new SingleConnectionDataSource(connection, true) {
                @Override
                public void destroy() {
                    try (connection;
                            Statement statement = connection.createStatement()) {
                        statement.execute("RESET default_transaction_isolation");
                    } catch (SQLException e) {
                        throw new IllegalStateException(e);
                    }
                }
            };
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** While the holder's transaction is open, what came after it is not delivered; afterwards all is, in order. */
    private void assertLateIsNotPassed(Holder holder) {
        store.appendEvents(deposit(EARLY));
        assertThat(streams()).containsExactly("early");
        assertThat(streams(EventFilter.prefix(StreamPrefix.of("early")))).containsExactly("early");
        holder.commit();
        assertThat(streams()).containsExactly("early", "late", "early");
    }

    private static boolean hasPreparedTransactions(Statement statement) throws SQLException {
        try (ResultSet row = statement.executeQuery("SHOW max_prepared_transactions")) {
            row.next();
            return row.getInt(1) > 0;
        }
    }

    private String inSpace(String sql) {
        return sql.replaceFirst("in_space\\((\\d)\\)", "(" + prefix + "lock_space() << 48) | $1");
    }

    /** The call that a joined append is, for a stream that an SQL expression names. */
    private String call(String stream) {
        return prefix + "append(ARRAY[" + stream + "], '{-1}', '{1}', '{1}', '{1}', ARRAY[gen_random_uuid()::text],"
                + " '{ledger.deposited}', ARRAY['{\"account\": \"late\", \"cents\": 1}'], NULL, true, true, NULL)";
    }

    private List<String> streams() {
        return streams(EventFilter.all());
    }

    private List<String> streams(EventFilter filter) {
        return streams(store, filter);
    }

    private static List<String> streams(EventStore store, EventFilter filter) {
        List<String> streams = new ArrayList<>();
        EventPage page = EventPage.first(1_000);
        EventBatch<Event> batch;
        do {
            batch = store.readEvents(filter, page, Event.class);
            batch.events().forEach(event -> streams.add(event.streamId().value()));
            page = page.next(batch);
        } while (!batch.endReached());
        return streams;
    }

    private static StreamWrites deposit(StreamId account) {
        return StreamWrites.to(account, any(), new Deposited(account, 1));
    }
}
