package io.eventcore.jdbc;

import static io.eventcore.ExpectedVersion.any;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.jdbc.SchemaException.Problem;
import io.eventcore.test.contract.LedgerEvent;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Which tables a release works with: also those that a later one has upgraded under it. */
abstract class SchemaVersionContract {
    private static final StreamId ADA = StreamId.of("account-ada");

    private String prefix;

    abstract TestDatabase database();

    @BeforeEach
    void createTables() {
        prefix = database().newTables();
    }

    @Test
    void a_store_goes_on_and_starts_again_when_a_later_release_has_upgraded_the_tables() {
        JdbcEventStore running = database().store(prefix);
        append(running);

        settings("schema_version = 99");

        append(running);
        JdbcEventStore restarted = database().store(prefix);
        append(restarted);
        assertThat(restarted
                        .readEvents(EventFilter.all(), EventPage.first(10), LedgerEvent.class)
                        .events())
                .hasSize(3);
        assertThat(running.schemaVersion()).isEqualTo(99);
        assertThat(schema().validate()).isEqualTo(99);
        assertThat(schema().probe()).isEqualTo(99);
    }

    @Test
    void tables_that_need_a_later_release_are_refused() {
        settings("schema_version = 99, compatible_from = 98");

        assertThatExceptionOfType(SchemaException.class)
                .isThrownBy(() -> database().store(prefix))
                .withMessage(
                        "The tables of the event store have version 99 and need a library that knows version 98,"
                                + " this one knows version %d",
                        JdbcSchema.version())
                .satisfies(refused -> assertThat(refused.problem()).isEqualTo(Problem.TOO_NEW));
        assertThatExceptionOfType(SchemaException.class).isThrownBy(schema()::probe);
    }

    @Test
    void creating_leaves_tables_of_a_later_release_as_they_are() {
        settings("schema_version = 99");

        schema().create();

        assertThat(schema().validate()).isEqualTo(99);
    }

    @Test
    void tables_older_than_any_release_works_with_are_refused() {
        settings("schema_version = 0");

        assertThatExceptionOfType(SchemaException.class)
                .isThrownBy(() -> database().store(prefix))
                .satisfies(refused -> assertThat(refused.problem()).isEqualTo(Problem.TOO_OLD));
    }

    @Test
    void the_version_is_told_as_it_is() {
        assertThat(database().store(prefix).schemaVersion())
                .isEqualTo(schema().validate())
                .isEqualTo(JdbcSchema.version());

        TestDatabase.execute(database().ownersDataSource(), "DELETE FROM %ssettings".formatted(prefix));

        assertThatExceptionOfType(SchemaException.class)
                .isThrownBy(schema()::validate)
                .withMessage("The settings of the event store are missing");
    }

    private JdbcSchema schema() {
        return JdbcSchema.in(database().dataSource(), "", prefix);
    }

    private void settings(String change) {
        TestDatabase.execute(
                database().ownersDataSource(), "UPDATE %ssettings SET %s WHERE id = 1".formatted(prefix, change));
    }

    private static void append(JdbcEventStore store) {
        store.appendEvents(StreamWrites.to(ADA, any(), new Deposited(ADA, 1)));
    }
}
