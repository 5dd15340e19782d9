package io.eventcore.jdbc;

import static io.eventcore.ExpectedVersion.any;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.eventcore.Event;
import io.eventcore.EventBatch;
import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.EventStore;
import io.eventcore.EventStoreUnavailableException;
import io.eventcore.GlobalPosition;
import io.eventcore.StreamId;
import io.eventcore.StreamPrefix;
import io.eventcore.StreamWrites;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import io.eventcore.test.contract.LedgerEvent.Withdrawn;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;

/** What reading the log costs where the server knows nothing about it, and that nothing is skipped in silence. */
class PostgreSqlLogReadsTest {
    private static final PostgreSqlDatabase DATABASE = PostgreSqlDatabase.INSTANCE;
    private static final StreamId ADA = StreamId.of("account-ada");
    private static final StreamId BOB = StreamId.of("account-bob");
    private static final int EVENTS = 20_000;
    private static final int PAGE = 100;

    @ParameterizedTest
    @MethodSource("filters")
    void catching_up_reads_each_event_a_few_times_however_many_pages_it_takes(EventFilter filter) throws SQLException {
        String prefix = tablesWithoutStatistics();
        fill(DATABASE.store(prefix));

        try (Connection connection = DATABASE.unpooled(TestDatabase.APP).getConnection()) {
            SingleConnectionDataSource session = new SingleConnectionDataSource(connection, true);
            JdbcClient client = JdbcClient.create(session);
            // The server counts at once what a transaction reads, for its own session; the driver does not see this
            // one.
            client.sql("BEGIN").update();
            int pages = pagesOf(TestDatabase.store(session, prefix), filter);

            assertThat(pages).isGreaterThan(EVENTS / 4 / PAGE);
            assertThat(eventsRead(client, prefix)).isBetween(EVENTS / 4L, 4L * EVENTS);
        }
    }

    /** One event in four is Ada's, and one in four a withdrawal. */
    private static List<EventFilter> filters() {
        return List.of(
                EventFilter.all(),
                EventFilter.all().ofTypes(Withdrawn.class),
                EventFilter.prefix(StreamPrefix.of("account-a")));
    }

    private static String tablesWithoutStatistics() {
        String prefix = DATABASE.newTables();
        for (String table : List.of("event", "stream")) {
            DATABASE.runScript("ALTER TABLE %s%s SET (autovacuum_enabled = off)".formatted(prefix, table));
        }
        return prefix;
    }

    private static void fill(EventStore store) {
        for (int from = 0; from < EVENTS; from += EVENTS / 2) {
            StreamWrites writes =
                    StreamWrites.empty().registerStream(ADA, any()).registerStream(BOB, any());
            for (int i = from; i < from + EVENTS / 2; i++) {
                StreamId account = i % 4 == 0 ? ADA : BOB;
                writes = writes.append(i % 4 == 1 ? new Withdrawn(account, i) : new Deposited(account, i));
            }
            store.appendEvents(writes);
        }
    }

    private static int pagesOf(EventStore store, EventFilter filter) {
        int pages = 0;
        EventPage page = EventPage.first(PAGE);
        EventBatch<Event> batch;
        do {
            batch = store.readEvents(filter, page, Event.class);
            page = page.next(batch);
            pages++;
        } while (!batch.endReached());
        return pages;
    }

    private static long eventsRead(JdbcClient client, String prefix) {
        return client.sql("SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relname = ?")
                .param(prefix + "event")
                .query(Long.class)
                .single();
    }

    @Test
    void an_event_whose_stream_is_missing_is_not_skipped() {
        String prefix = DATABASE.newTables();
        EventStore store = DATABASE.store(prefix);
        store.appendEvents(deposit(ADA));
        GlobalPosition bobs = store.appendEvents(deposit(BOB)).lastPosition();
        DATABASE.runScript("DELETE FROM %sstream WHERE stream_id = '%s'".formatted(prefix, BOB));

        for (EventFilter filter : List.of(EventFilter.all(), EventFilter.all().ofTypes(Deposited.class))) {
            assertThatExceptionOfType(EventStoreUnavailableException.class)
                    .as("%s", filter)
                    .isThrownBy(() -> store.readEvents(filter, EventPage.first(10), Event.class))
                    .havingCause()
                    .withMessageMatching(
                            "The event at position %s belongs to a stream with key \\d+, which is not there"
                                    .formatted(bobs));
        }
    }

    private static StreamWrites deposit(StreamId account) {
        return StreamWrites.to(account, any(), new Deposited(account, 1));
    }
}
