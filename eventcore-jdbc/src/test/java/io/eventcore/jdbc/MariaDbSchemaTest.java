package io.eventcore.jdbc;

import static io.eventcore.ExpectedVersion.any;
import static io.eventcore.ExpectedVersion.noStream;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.zaxxer.hikari.HikariDataSource;
import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.EventStoreUnavailableException;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.test.contract.LedgerEvent;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import io.eventcore.test.contract.Race;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.List;
import javax.sql.DataSource;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.core.io.ClassPathResource;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.init.ResourceDatabasePopulator;

@Tag("mariadb")
class MariaDbSchemaTest {
    private static final MariaDbDatabase DATABASE = MariaDbDatabase.INSTANCE;
    private static final StreamId ADA = StreamId.of("account-ada");
    private static final int NOT_ALLOWED = 1142;
    private static final int REFUSED_BY_TRIGGER = 1644;
    private static final int REFERRED_TO = 1701;

    private final String prefix = DATABASE.newTables();

    @Test
    void applications_that_start_together_create_the_tables_once() {
        String together = DATABASE.newPrefix();

        Race.run(4, number -> {
            JdbcSchema.in(DATABASE.ownersDataSource(), "", together).create();
            return number;
        });

        assertThat(JdbcClient.create(DATABASE.ownersDataSource())
                        .sql("SELECT count(*) FROM %ssettings".formatted(together))
                        .query(Long.class)
                        .single())
                .isEqualTo(1);
    }

    @Test
    void the_script_may_run_again_and_leaves_what_is_there() {
        appendOne();

        DATABASE.runScript(
                JdbcSchema.in(DATABASE.ownersDataSource(), "", prefix).script());

        assertThat(log(DATABASE.store(prefix))).hasSize(1);
        appendOne();
        assertThat(log(DATABASE.store(prefix))).hasSize(2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"mariadb", "mysql"})
    void the_scripts_run_as_they_are_by_the_initializer_of_spring(String engine) {
        new ResourceDatabasePopulator(
                        new ClassPathResource("io/eventcore/jdbc/schema-" + engine + ".sql"),
                        new ClassPathResource("io/eventcore/jdbc/002-tags-" + engine + ".sql"),
                        new ClassPathResource("io/eventcore/jdbc/003-deadlines-" + engine + ".sql"))
                .execute(DATABASE.ownersDataSource());

        JdbcDatabase.of(DATABASE.ownersDataSource());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "UPDATE eventcore_event SET type = 'x'",
                "DELETE FROM eventcore_event",
                "TRUNCATE eventcore_event",
                "INSERT INTO eventcore_position (id, position) VALUES (2, 1)",
                "DELETE FROM eventcore_stream",
                "UPDATE eventcore_event_tag SET position = 7",
                "DELETE FROM eventcore_event_tag",
                "TRUNCATE eventcore_event_tag",
                "UPDATE eventcore_tag_name SET complete = TRUE",
                "DROP TRIGGER eventcore_refuse_tag_update",
                "UPDATE eventcore_settings SET order_strategy = 'other'",
                "DROP TABLE eventcore_event",
                "ALTER TABLE eventcore_event DROP COLUMN payload",
                "DROP TRIGGER eventcore_refuse_update",
            })
    void neither_the_application_nor_a_reader_changes_what_is_stored(String sql) {
        appendOne();

        assertThat(refusal(DATABASE.dataSource(), sql)).isEqualTo(NOT_ALLOWED);
        assertThat(refusal(DATABASE.readersDataSource(), sql)).isEqualTo(NOT_ALLOWED);
        assertThat(log(DATABASE.store(prefix))).hasSize(1);
    }

    @Test
    void the_owner_cannot_change_what_is_stored_by_accident() {
        appendOne();
        DataSource owner = DATABASE.ownersDataSource();

        assertThat(refusal(owner, "UPDATE eventcore_event SET type = 'x'")).isEqualTo(REFUSED_BY_TRIGGER);
        assertThat(refusal(owner, "DELETE FROM eventcore_event")).isEqualTo(REFUSED_BY_TRIGGER);
        assertThat(refusal(owner, "TRUNCATE eventcore_event")).isEqualTo(REFERRED_TO);
        assertThat(log(DATABASE.store(prefix))).hasSize(1);
    }

    @Test
    void a_reader_reads_and_cannot_append() {
        appendOne();
        JdbcEventStore store = TestDatabase.store(DATABASE.readersDataSource(), prefix);

        assertThat(log(store)).hasSize(1);
        assertThatExceptionOfType(EventStoreUnavailableException.class)
                .isThrownBy(() -> store.appendEvents(StreamWrites.to(ADA, any(), new Deposited(ADA, 2))))
                .withMessageContaining(Integer.toString(NOT_ALLOWED));
    }

    @Test
    void without_the_row_that_gives_positions_away_nothing_is_appended() {
        JdbcEventStore store = DATABASE.store(prefix);
        TestDatabase.execute(DATABASE.ownersDataSource(), "DELETE FROM %sposition".formatted(prefix));

        assertThatExceptionOfType(EventStoreUnavailableException.class)
                .isThrownBy(() -> store.appendEvents(StreamWrites.to(ADA, noStream(), new Deposited(ADA, 1))));
        assertThat(store.streamVersion(ADA).value()).isZero();
        assertThatExceptionOfType(SchemaException.class).isThrownBy(() -> DATABASE.store(prefix));
    }

    /** A time zone that the session has must neither get into the database nor into what is read. */
    @Test
    void events_are_recorded_in_utc_whatever_the_time_zone_of_the_session() {
        try (HikariDataSource elsewhere = DATABASE.pool("SET time_zone = '+09:00'")) {
            Instant before = databaseClock();
            TestDatabase.store(elsewhere, prefix).appendEvents(StreamWrites.to(ADA, noStream(), new Deposited(ADA, 1)));
            Instant after = databaseClock();

            List<RecordedEvent<LedgerEvent>> read = log(DATABASE.store(prefix));
            assertThat(read.get(0).recordedAt()).isBetween(before, after);
            assertThat(log(TestDatabase.store(elsewhere, prefix)))
                    .extracting(RecordedEvent::recordedAt)
                    .containsExactly(read.get(0).recordedAt());
        }
    }

    private static Instant databaseClock() {
        return JdbcClient.create(DATABASE.ownersDataSource())
                .sql("SELECT UTC_TIMESTAMP(6)")
                .query((row, number) -> row.getObject(1, LocalDateTime.class))
                .single()
                .toInstant(ZoneOffset.UTC);
    }

    private void appendOne() {
        DATABASE.store(prefix).appendEvents(StreamWrites.to(ADA, any(), new Deposited(ADA, 1)));
    }

    private static List<RecordedEvent<LedgerEvent>> log(JdbcEventStore store) {
        return store.readEvents(EventFilter.all(), EventPage.first(10), LedgerEvent.class)
                .events();
    }

    private int refusal(DataSource dataSource, String sql) {
        return TestDatabase.refusalOf(dataSource, new TableNames("", prefix).in(sql))
                .getErrorCode();
    }
}
