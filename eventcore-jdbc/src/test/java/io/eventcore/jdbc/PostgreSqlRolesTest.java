package io.eventcore.jdbc;

import static io.eventcore.ExpectedVersion.exactly;
import static io.eventcore.ExpectedVersion.noStream;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.EventQuery;
import io.eventcore.EventStoreUnavailableException;
import io.eventcore.EventTag;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.serialization.JacksonEventSerializer;
import io.eventcore.test.contract.LedgerEvent;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;

class PostgreSqlRolesTest {
    private static final PostgreSqlDatabase DATABASE = PostgreSqlDatabase.INSTANCE;
    private static final StreamId ADA = StreamId.of("account-ada");
    private static final String NOT_ALLOWED = "42501";
    private static final String RESTRICT_VIOLATION = "23001";

    private final String prefix = DATABASE.newTables();

    @ParameterizedTest
    @ValueSource(
            strings = {
                "INSERT INTO eventcore_event (position, stream_key, recorded_at, event_id, version, type, payload)"
                        + " VALUES (99, 1, now(), gen_random_uuid(), 2, 't', '{}')",
                "UPDATE eventcore_event SET type = 'x'",
                "DELETE FROM eventcore_event",
                "TRUNCATE eventcore_event",
                "INSERT INTO eventcore_stream (stream_id, version) VALUES ('x', 1)",
                "UPDATE eventcore_stream SET version = 7",
                "DELETE FROM eventcore_stream",
                "TRUNCATE eventcore_stream",
                "INSERT INTO eventcore_event_tag (tag_key, position) VALUES (1, 1)",
                "UPDATE eventcore_event_tag SET position = 7",
                "DELETE FROM eventcore_event_tag",
                "TRUNCATE eventcore_event_tag",
                "UPDATE eventcore_tag_name SET complete = true",
                "INSERT INTO eventcore_tag_name (name, complete) VALUES ('x', true)",
                "UPDATE eventcore_settings SET order_strategy = 'other'",
                "SELECT nextval('eventcore_position')",
                "SELECT setval('eventcore_position', 1)",
                "ALTER SEQUENCE eventcore_position RESTART",
                "ALTER TABLE eventcore_event DISABLE TRIGGER ALL",
                "DROP TRIGGER refuse_change ON eventcore_event",
                "DROP TABLE eventcore_event",
                "ALTER TABLE eventcore_event_tag DISABLE TRIGGER ALL",
                "DROP TABLE eventcore_event_tag",
                "ALTER FUNCTION eventcore_append_event SECURITY INVOKER",
                "CREATE OR REPLACE FUNCTION eventcore_announcement() RETURNS bigint LANGUAGE sql AS 'SELECT 1::bigint'",
                "SET session_replication_role = replica",
            })
    void neither_the_application_nor_a_reader_writes_past_the_functions(String sql) {
        appendOne();

        assertRefused(DATABASE.dataSource(), sql, NOT_ALLOWED);
        assertRefused(DATABASE.readersDataSource(), sql, NOT_ALLOWED);
        assertThat(log(DATABASE.store(prefix))).isEqualTo(1);
    }

    @Test
    void a_reader_reads_and_cannot_append() {
        appendOne();
        JdbcEventStore store = TestDatabase.store(DATABASE.readersDataSource(), prefix);

        assertThat(store.readStream(ADA, LedgerEvent.class).toList()).hasSize(1);
        assertThat(store.readEvents(EventFilter.all().ofTypes(Deposited.class), EventPage.first(10), LedgerEvent.class)
                        .events())
                .hasSize(1);
        assertThatExceptionOfType(EventStoreUnavailableException.class)
                .isThrownBy(() -> store.appendEvents(StreamWrites.to(ADA, exactly(1), new Deposited(ADA, 2))))
                .withMessageContaining(NOT_ALLOWED);
        assertRefused(DATABASE.readersDataSource(), "SELECT eventcore_lock_stream('x')", NOT_ALLOWED);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "UPDATE eventcore_event SET type = 'x'",
                "DELETE FROM eventcore_event",
                "TRUNCATE eventcore_event",
                "UPDATE eventcore_event_tag SET position = 7",
                "DELETE FROM eventcore_event_tag",
                "TRUNCATE eventcore_event_tag"
            })
    void the_triggers_refuse_changes_by_the_owner_and_by_replication(String sql) {
        DATABASE.store(prefix).appendEvents(TagsContract.writes(ADA, EventTag.of("student", "ada")));

        assertRefused(DATABASE.ownersDataSource(), sql, RESTRICT_VIOLATION);
        assertRefused(
                DATABASE.superusersDataSource(),
                "SET LOCAL session_replication_role = replica; " + sql,
                RESTRICT_VIOLATION);
        assertThat(log(DATABASE.store(prefix))).isEqualTo(1);
    }

    @Test
    void a_reader_finds_events_by_their_tags_and_cannot_give_any() {
        EventTag tag = EventTag.of("student", "ada");
        DATABASE.store(prefix).appendEvents(TagsContract.writes(ADA, tag));
        JdbcEventStore store = TestDatabase.store(DATABASE.readersDataSource(), prefix);

        assertThat(store.readEvents(EventQuery.tagged(tag), LedgerEvent.class).toList())
                .hasSize(1);
        assertThatExceptionOfType(EventStoreUnavailableException.class)
                .isThrownBy(() -> store.appendEvents(TagsContract.writes(ADA, tag)))
                .withMessageContaining(NOT_ALLOWED);
    }

    @Test
    void whoever_has_no_role_can_neither_read_nor_append() {
        DataSource superuser = DATABASE.superusersDataSource();
        TestDatabase.execute(superuser, "DROP ROLE IF EXISTS store_nobody; CREATE ROLE store_nobody");

        for (String sql : new String[] {
            "SELECT payload FROM eventcore_event",
            "SELECT eventcore_append_event('x', 0, gen_random_uuid()::text, 't', '{}', NULL, true)",
            "SELECT eventcore_append('{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', NULL, false, true, '{}')",
            "SELECT eventcore_append_batch('{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', false, '{}')",
            "SELECT eventcore_append_tagged('{}', 0, '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}',"
                    + " '{}', '{}', '{}', '{}', '{}', NULL, false, true)",
            "SELECT eventcore_append_batch_tagged('{}', 0, '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}',"
                    + " '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', false)",
            "SELECT position FROM eventcore_event_tag",
            "SELECT eventcore_lock_stream('x')",
        }) {
            assertRefused(superuser, "SET LOCAL ROLE store_nobody; " + sql, NOT_ALLOWED);
        }
    }

    /** Both would be found first if the functions looked names up as their caller does. */
    @Test
    void the_functions_do_not_follow_the_search_path_of_their_caller() throws SQLException {
        try (Connection connection = DATABASE.dataSource().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(
                    named("CREATE TEMP TABLE eventcore_stream (stream_id text, version bigint, stream_key int)"));
            statement.execute("SET search_path = pg_temp, public");
            statement.execute(
                    named(
                            "SELECT public.eventcore_append_event('account-ada', 0, gen_random_uuid()::text, 't', '{}', NULL, true)"));
            statement.execute(named("CREATE TEMP TABLE eventcore_event_tag (tag_key bigint, position bigint)"));
            statement.execute(named(
                    "SELECT public.eventcore_append_tagged(ARRAY[E'\\x01t:a', 'home'], 1, '{-1,-1}', '{1,1}', '{2}', '{1}',"
                            + " ARRAY[gen_random_uuid()::text], '{t}', '{\"{}\"}', '{}', '{1}', '{1}', '{}', '{}', '{}', '{}',"
                            + " '{}', '{}', '{}', NULL, false, true)"));
            statement.execute("DISCARD ALL");
        }

        assertThat(JdbcClient.create(DATABASE.ownersDataSource())
                        .sql(named("SELECT count(*) FROM eventcore_event_tag"))
                        .query(Long.class)
                        .single())
                .isEqualTo(1);
        assertThat(JdbcClient.create(DATABASE.ownersDataSource())
                        .sql(named("SELECT version FROM eventcore_stream WHERE stream_id = 'account-ada'"))
                        .query(Long.class)
                        .single())
                .isEqualTo(1);
    }

    @Test
    void a_schema_of_its_own_is_used_whatever_the_search_path_is() throws SQLException {
        DataSource superuser = DATABASE.superusersDataSource();
        TestDatabase.execute(superuser, "CREATE SCHEMA IF NOT EXISTS bank AUTHORIZATION " + TestDatabase.OWNER);
        JdbcSchema schema = JdbcSchema.in(DATABASE.ownersDataSource(), "bank", prefix);
        schema.create();
        TestDatabase.execute(DATABASE.ownersDataSource(), schema.rolesScript(TestDatabase.APP, TestDatabase.READER));
        try (Connection connection = DATABASE.dataSource().getConnection()) {
            try (Statement statement = connection.createStatement()) {
                statement.execute("SET search_path = pg_catalog");
            }
            JdbcEventStore store = JdbcDatabase.builder(new SingleConnectionDataSource(connection, true))
                    .schema("bank")
                    .tablePrefix(prefix)
                    .build()
                    .eventStore(new JacksonEventSerializer(LedgerEvent.types()));

            store.appendEvents(StreamWrites.to(ADA, noStream(), new Deposited(ADA, 1), new Deposited(ADA, 2)));

            assertThat(log(store)).isEqualTo(2);
            try (Statement statement = connection.createStatement()) {
                statement.execute("DISCARD ALL");
            }
        }
        assertThat(log(DATABASE.store(prefix))).isZero();
    }

    @Test
    void the_scripts_may_run_again() {
        JdbcSchema schema = JdbcSchema.in(DATABASE.ownersDataSource(), "", prefix);
        appendOne();

        TestDatabase.execute(DATABASE.ownersDataSource(), schema.script());
        TestDatabase.execute(DATABASE.ownersDataSource(), schema.rolesScript(TestDatabase.APP, TestDatabase.READER));

        DATABASE.store(prefix).appendEvents(StreamWrites.to(ADA, exactly(1), new Deposited(ADA, 2)));
        assertRefused(
                DATABASE.superusersDataSource(),
                "SET LOCAL ROLE store_reader; SELECT eventcore_lock_stream('x')",
                NOT_ALLOWED);
    }

    @Test
    void role_names_that_could_be_more_than_a_name_are_refused() {
        JdbcSchema schema = JdbcSchema.in(DATABASE.ownersDataSource(), "", prefix);

        assertThatExceptionOfType(IllegalArgumentException.class)
                .isThrownBy(() -> schema.rolesScript("app; DROP TABLE x", TestDatabase.READER))
                .withMessageContaining("App role");
        assertThatExceptionOfType(IllegalArgumentException.class)
                .isThrownBy(() -> schema.rolesScript(TestDatabase.APP, "\"reader\""))
                .withMessageContaining("Reader role");
    }

    private void appendOne() {
        DATABASE.store(prefix).appendEvents(StreamWrites.to(ADA, noStream(), new Deposited(ADA, 1)));
    }

    private static int log(JdbcEventStore store) {
        return store.readEvents(EventFilter.all(), EventPage.first(10), LedgerEvent.class)
                .events()
                .size();
    }

    private String named(String sql) {
        return new TableNames("", prefix).in(sql);
    }

    private void assertRefused(DataSource dataSource, String sql, String sqlState) {
        assertThat(TestDatabase.refusalOf(dataSource, named(sql)).getSQLState())
                .as(sql)
                .isEqualTo(sqlState);
    }
}
