package io.eventcore.jdbc;

import static io.eventcore.ExpectedVersion.noStream;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.EventStoreUnavailableException;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.test.contract.LedgerEvent;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class H2RolesTest {
    private static final H2Database DATABASE = H2Database.INSTANCE;
    private static final StreamId ADA = StreamId.of("account-ada");
    private static final int NOT_ENOUGH_RIGHTS = 90096;
    private static final int ADMINISTRATORS_ONLY = 90040;
    private static final int CANNOT_TRUNCATE = 90106;
    private static final int REFUSED_BY_TRIGGER = 0;

    private final String prefix = DATABASE.newTables();

    @ParameterizedTest
    @ValueSource(
            strings = {
                "UPDATE eventcore_event SET type = 'x'",
                "DELETE FROM eventcore_event",
                "DELETE FROM eventcore_stream",
                "UPDATE eventcore_event_tag SET position = 7",
                "DELETE FROM eventcore_event_tag",
                "UPDATE eventcore_tag_name SET complete = TRUE",
                "UPDATE eventcore_settings SET order_strategy = 'other'",
            })
    void the_application_cannot_change_what_is_stored(String sql) {
        appendOne();

        assertThat(refusal(DATABASE.dataSource(), sql)).isEqualTo(NOT_ENOUGH_RIGHTS);
        assertThat(refusal(DATABASE.readersDataSource(), sql)).isEqualTo(NOT_ENOUGH_RIGHTS);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "TRUNCATE TABLE eventcore_event",
                "DROP TABLE eventcore_event",
                "DROP TRIGGER eventcore_refuse_change",
                "ALTER TABLE eventcore_event DROP COLUMN payload"
            })
    void the_application_cannot_change_the_tables(String sql) {
        appendOne();

        assertThat(refusal(DATABASE.dataSource(), sql)).isIn(NOT_ENOUGH_RIGHTS, ADMINISTRATORS_ONLY, CANNOT_TRUNCATE);
        assertThat(log(DATABASE.store(prefix))).isEqualTo(1);
    }

    @Test
    void the_owner_cannot_change_what_is_stored_by_accident() {
        appendOne();

        assertThat(refusal(DATABASE.ownersDataSource(), "TRUNCATE TABLE eventcore_event"))
                .isEqualTo(CANNOT_TRUNCATE);
        assertThat(refusal(DATABASE.ownersDataSource(), "DELETE FROM eventcore_event"))
                .isEqualTo(REFUSED_BY_TRIGGER);
        assertThat(refusal(DATABASE.ownersDataSource(), "UPDATE eventcore_event SET type = 'x'"))
                .isEqualTo(REFUSED_BY_TRIGGER);
        assertThat(log(DATABASE.store(prefix))).isEqualTo(1);
    }

    @Test
    void a_reader_reads_and_cannot_append() {
        appendOne();
        JdbcEventStore store = TestDatabase.store(DATABASE.readersDataSource(), prefix);

        assertThat(log(store)).isEqualTo(1);
        assertThatExceptionOfType(EventStoreUnavailableException.class)
                .isThrownBy(() -> store.appendEvents(
                        StreamWrites.to(StreamId.of("new"), noStream(), new Deposited(StreamId.of("new"), 2))))
                .withMessageContaining(Integer.toString(NOT_ENOUGH_RIGHTS));
    }

    private void appendOne() {
        DATABASE.store(prefix).appendEvents(StreamWrites.to(ADA, noStream(), new Deposited(ADA, 1)));
    }

    private static int log(JdbcEventStore store) {
        return store.readEvents(EventFilter.all(), EventPage.first(10), LedgerEvent.class)
                .events()
                .size();
    }

    private int refusal(DataSource dataSource, String sql) {
        return TestDatabase.refusalOf(dataSource, new TableNames("", prefix).in(sql))
                .getErrorCode();
    }
}
