package io.eventcore.jdbc;

import static io.eventcore.ExpectedVersion.any;
import static io.eventcore.ExpectedVersion.exactly;
import static io.eventcore.ExpectedVersion.noStream;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.eventcore.EventStore;
import io.eventcore.EventStreamSlice;
import io.eventcore.ExpectedVersion;
import io.eventcore.NewEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.VersionConflictException;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A repeated append of many events is recognised by their ids in a few statements, not in one for each event. */
class FindStoredStatementsTest {
    private static final int EVENTS = 1_200;
    private static final int STREAMS = 40;

    private static Stream<TestDatabase> databases() {
        return Stream.of(H2Database.INSTANCE, PostgreSqlDatabase.INSTANCE);
    }

    @ParameterizedTest
    @MethodSource("databases")
    void a_repeated_append_of_many_events_is_found_by_few_statements(TestDatabase database) {
        String prefix = database.newPrefix();
        JdbcSchema schema =
                JdbcSchema.in(database.ownersDataSource(), "", prefix).with(OptionalIndex.EVENT_ID);
        schema.create();
        database.runScript(schema.rolesScript(TestDatabase.APP, TestDatabase.READER));
        WatchedDataSource watched = new WatchedDataSource(database.dataSource());
        EventStore store = TestDatabase.store(watched, prefix);
        StreamWrites writes = StreamWrites.empty();
        for (int i = 0; i < EVENTS; i++) {
            StreamId id = StreamId.of("account-" + i % STREAMS);
            writes = writes.registerStream(id, any()).append(new Deposited(id, i));
        }
        EventStreamSlice first = store.appendEvents(writes);
        long before = watched.sent("event_id");

        EventStreamSlice again = store.appendEvents(writes);

        assertThat(again).isEqualTo(first);
        assertThat(watched.sent("event_id") - before).isLessThanOrEqualTo(10);
    }

    /** Without an index of event ids: the versions expected say where the events must stand. */
    @ParameterizedTest
    @MethodSource("databases")
    void a_repeated_append_is_found_in_the_places_it_expected_by_few_statements(TestDatabase database) {
        foundInExpectedPlaces(database);
    }

    @Test
    @Tag("mariadb")
    void a_repeated_append_is_found_in_the_places_it_expected_by_few_statements_on_mariadb() {
        foundInExpectedPlaces(MariaDbDatabase.INSTANCE);
    }

    private static void foundInExpectedPlaces(TestDatabase database) {
        WatchedDataSource watched = new WatchedDataSource(database.dataSource());
        EventStore store = TestDatabase.store(watched, database.newTables());
        store.appendEvents(StreamWrites.to(account(0), noStream(), new Deposited(account(0), 1)));
        StreamWrites writes = StreamWrites.empty().registerStream(account(0), exactly(1));
        for (int i = 0; i < EVENTS; i++) {
            writes = writes.append(new Deposited(account(0), i));
        }
        for (int i = 1; i < 10 * STREAMS; i++) {
            writes = writes.registerStream(account(i), noStream()).append(new Deposited(account(i), i));
        }
        EventStreamSlice first = store.appendEvents(writes);
        long before = watched.sent("event_id");

        assertThat(store.appendEvents(writes)).isEqualTo(first);

        assertThat(watched.sent("event_id") - before).isLessThanOrEqualTo(10);
        before = watched.sent("event_id");
        List<NewEvent> changed = new ArrayList<>(writes.events());
        NewEvent last = changed.remove(changed.size() - 1);
        changed.add(new NewEvent(UUID.randomUUID(), last.streamId(), last.event()));
        StreamWrites other = StreamWrites.empty();
        for (Map.Entry<StreamId, ExpectedVersion> stream : writes.streams().entrySet()) {
            other = other.registerStream(stream.getKey(), stream.getValue());
        }
        for (NewEvent event : changed) {
            other = other.append(event);
        }
        StreamWrites almost = other;
        assertThatExceptionOfType(VersionConflictException.class).isThrownBy(() -> store.appendEvents(almost));
        assertThat(watched.sent("event_id") - before).isLessThanOrEqualTo(10);
    }

    private static StreamId account(int number) {
        return StreamId.of("account-" + number);
    }
}
