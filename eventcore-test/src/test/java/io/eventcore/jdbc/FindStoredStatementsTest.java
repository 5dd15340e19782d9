package io.eventcore.jdbc;

import static io.eventcore.ExpectedVersion.any;
import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.EventStore;
import io.eventcore.EventStreamSlice;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import java.util.stream.Stream;
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
}
