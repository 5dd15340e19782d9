package io.eventcore.jdbc;

import static io.eventcore.ExpectedVersion.any;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.eventcore.Event;
import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.EventStore;
import io.eventcore.EventStoreUnavailableException;
import io.eventcore.GlobalPosition;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A pool that comes to another server, on which an append is still in flight that was decided on the first one: a standby
 * that has not replayed it, one that was promoted, a restored log. What a server says of itself is changed on the way;
 * {@link PostgreSqlSetBackTest} does the same with servers.
 */
class PostgreSqlOtherServerTest {
    private static final PostgreSqlDatabase DATABASE = PostgreSqlDatabase.INSTANCE;

    private final String prefix = DATABASE.newTables();
    private volatile UnaryOperator<String> server = sql -> sql;
    private final EventStore store =
            TestDatabase.store(ChangedStatements.of(DATABASE.dataSource(), sql -> server.apply(sql)), prefix);

    private static List<EventFilter> filters() {
        return List.of(EventFilter.all(), EventFilter.all().ofTypes(Deposited.class));
    }

    @BeforeEach
    void appendAndSettle() {
        for (int i = 0; i < 6; i++) {
            StreamId id = StreamId.of("account-" + i);
            store.appendEvents(StreamWrites.to(id, any(), new Deposited(id, 1)));
        }
        for (EventFilter filter : filters()) {
            assertThat(positions(filter, GlobalPosition.START)).hasSize(6);
        }
    }

    @ParameterizedTest
    @MethodSource("filters")
    void what_was_settled_by_one_server_says_nothing_about_another(EventFilter filter) throws SQLException {
        List<GlobalPosition> all = positions(filter, GlobalPosition.START);
        GlobalPosition first = all.get(0);
        try (Connection late = DATABASE.ownersDataSource().getConnection()) {
            putInFlightAgain(late, all.get(1));
            server = sql -> sql.replace("pg_postmaster_start_time()", "timestamptz '2001-01-01'");

            assertThat(positions(filter, first)).isEmpty();
            late.commit();
            late.setAutoCommit(true);
        }
        assertThat(positions(filter, first)).isEqualTo(all.subList(1, 6));
    }

    @ParameterizedTest
    @MethodSource("filters")
    void a_standby_shows_no_page_not_even_one_without_a_gap(EventFilter filter) {
        server = sql -> sql.replace("pg_is_in_recovery()", "TRUE");

        for (int limit : new int[] {2, 100}) {
            assertThatExceptionOfType(EventStoreUnavailableException.class)
                    .isThrownBy(() -> store.readEvents(filter, EventPage.first(limit), Event.class))
                    .withMessageContaining("55000");
        }
    }

    private List<GlobalPosition> positions(EventFilter filter, GlobalPosition after) {
        return store.readEvents(filter, EventPage.after(after, 100), Event.class).events().stream()
                .map(event -> event.position())
                .toList();
    }

    /** The event leaves the log, and is announced and written again in a transaction that stays open. */
    private void putInFlightAgain(Connection connection, GlobalPosition position) throws SQLException {
        TableNames names = new TableNames("", prefix);
        DATABASE.runScript(names.in("""
                ALTER TABLE eventcore_event DISABLE TRIGGER refuse_change;
                CREATE TABLE eventcore_kept AS SELECT * FROM eventcore_event WHERE position = %s;
                DELETE FROM eventcore_event WHERE position = %1$s;
                ALTER TABLE eventcore_event ENABLE ALWAYS TRIGGER refuse_change;
                """.formatted(position)));
        connection.setAutoCommit(false);
        try (Statement statement = connection.createStatement()) {
            statement.execute(names.in("SELECT pg_advisory_xact_lock_shared((eventcore_lock_space() << 48) | %s)"
                    .formatted(position.value() - 1)));
            statement.execute(names.in("INSERT INTO eventcore_event SELECT * FROM eventcore_kept"));
        }
    }
}
