package io.eventcore.jdbc;

import static io.eventcore.ExpectedVersion.any;
import static io.eventcore.ExpectedVersion.exactly;
import static io.eventcore.ExpectedVersion.noStream;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.eventcore.EventBatch;
import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.EventStore;
import io.eventcore.EventStreamSlice;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.StreamWrites;
import io.eventcore.VersionConflictException;
import io.eventcore.test.contract.LedgerEvent;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import io.eventcore.test.contract.Race;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.postgresql.PGConnection;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** The tables are copied into a new server as a dump copies them: rows, and the values of the sequences. */
class PostgreSqlRestoreTest {
    private static final StreamId ADA = StreamId.of("account-ada");
    private static final List<String> TABLES = List.of("eventcore_settings", "eventcore_stream", "eventcore_event");
    private static final List<String> SEQUENCES = List.of("eventcore_position", "eventcore_stream_stream_key_seq");

    private final PostgreSqlDatabase old = PostgreSqlDatabase.INSTANCE;
    private final String prefix = old.newTables();
    private final TableNames names = new TableNames("", prefix);

    @Test
    void readers_continue_and_nothing_is_invisible_in_a_new_server() throws IOException, SQLException {
        EventStore before = old.store(prefix);
        for (int i = 0; i < 50; i++) {
            before.appendEvents(StreamWrites.to(ADA, exactly(i), new Deposited(ADA, i)));
            giveAPositionAway();
        }
        EventBatch<LedgerEvent> read = page(before, EventPage.first(20));
        List<RecordedEvent<LedgerEvent>> whole =
                page(before, EventPage.first(1000)).events();

        try (EmbeddedPostgres server = EmbeddedPostgres.start()) {
            DataSource restored = server.getPostgresDatabase();
            restoreInto(restored);
            EventStore after = TestDatabase.store(restored, prefix);

            List<RecordedEvent<LedgerEvent>> continued = new ArrayList<>(read.events());
            continued.addAll(
                    page(after, EventPage.after(read.continueAfter(), 1000)).events());
            assertThat(continued).isEqualTo(whole);
            assertThat(page(after, EventPage.first(1000)).events()).isEqualTo(whole);
            assertThat(after.streamVersion(ADA)).isEqualTo(StreamVersion.of(50));

            assertThatExceptionOfType(VersionConflictException.class)
                    .isThrownBy(() -> after.appendEvents(StreamWrites.to(ADA, exactly(49), new Deposited(ADA, 0))));
            EventStreamSlice next = after.appendEvents(StreamWrites.to(ADA, exactly(50), new Deposited(ADA, 50)));
            assertThat(next.lastPosition()).isGreaterThan(whole.get(49).position());
            appendToNewStreamsTogether(after);
            assertThat(page(after, EventPage.after(whole.get(49).position(), 1000))
                            .events())
                    .hasSize(1 + 8);
        }
    }

    /** A hole in the positions, as a rollback leaves it. */
    private void giveAPositionAway() {
        new TransactionTemplate(new JdbcTransactionManager(old.dataSource())).executeWithoutResult(status -> {
            old.store(prefix).appendEvents(StreamWrites.to(ADA, any(), new Deposited(ADA, -1)));
            status.setRollbackOnly();
        });
    }

    private static void appendToNewStreamsTogether(EventStore store) {
        Race.run(8, number -> {
            StreamId account = StreamId.of("account-" + number);
            return store.appendEvents(StreamWrites.to(account, noStream(), new Deposited(account, number)));
        });
    }

    private static EventBatch<LedgerEvent> page(EventStore store, EventPage page) {
        return store.readEvents(EventFilter.all(), page, LedgerEvent.class);
    }

    private void restoreInto(DataSource restored) throws IOException, SQLException {
        JdbcSchema.in(restored, "", prefix).create();
        try (Connection from = old.superusersDataSource().getConnection();
                Connection to = restored.getConnection()) {
            JdbcClient target = JdbcClient.create(restored);
            target.sql(names.in("DELETE FROM eventcore_settings")).update();
            for (String table : TABLES) {
                ByteArrayOutputStream rows = new ByteArrayOutputStream();
                from.unwrap(PGConnection.class).getCopyAPI().copyOut(names.in("COPY " + table + " TO STDOUT"), rows);
                to.unwrap(PGConnection.class)
                        .getCopyAPI()
                        .copyIn(
                                names.in("COPY " + table + " FROM STDIN"),
                                new ByteArrayInputStream(rows.toByteArray()));
            }
            for (String sequence : SEQUENCES) {
                long last = JdbcClient.create(old.superusersDataSource())
                        .sql(names.in("SELECT last_value FROM " + sequence))
                        .query(Long.class)
                        .single();
                target.sql(names.in("SELECT setval('" + sequence + "', ?, true)"))
                        .param(last)
                        .query(Long.class)
                        .single();
            }
        }
    }
}
