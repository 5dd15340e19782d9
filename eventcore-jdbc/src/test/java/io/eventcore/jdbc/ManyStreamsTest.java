package io.eventcore.jdbc;

import static io.eventcore.ExpectedVersion.any;
import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.Event;
import io.eventcore.EventStore;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.StreamWrites;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** As many streams as a command may rest on are read by a number of statements that does not grow as they do. */
class ManyStreamsTest {
    /** What the discovery of streams ends at, and the default limit of an append. */
    private static final int STREAMS = 10_000;

    /** How many of them exist. */
    private static final int EXISTING = 1_000;

    @Nested
    class On_postgresql extends Rows {
        On_postgresql() {
            super(PostgreSqlDatabase.INSTANCE, 5);
        }
    }

    @Nested
    class On_h2 extends Rows {
        On_h2() {
            super(H2Database.INSTANCE, EXISTING / 100 + 10);
        }
    }

    @Nested
    @Tag("mariadb")
    class On_mariadb extends Rows {
        On_mariadb() {
            super(MariaDbDatabase.INSTANCE, EXISTING / 100 + 10);
        }
    }

    abstract static class Rows {
        private final int allowed;
        private final WatchedDataSource watched;
        private final EventStore store;

        Rows(TestDatabase database, int allowed) {
            this.allowed = allowed;
            this.watched = new WatchedDataSource(database.dataSource());
            this.store = TestDatabase.store(watched, database.newTables());
        }

        @Test
        void ten_thousand_streams_are_read_by_few_statements() {
            Map<StreamId, StreamVersion> streams = new HashMap<>();
            StreamWrites writes = StreamWrites.empty();
            for (int i = 0; i < STREAMS; i++) {
                StreamId id = StreamId.of("account-" + i);
                streams.put(id, StreamVersion.NONE);
                if (i % (STREAMS / EXISTING) == 0) {
                    writes = writes.registerStream(id, any()).append(new Deposited(id, i));
                }
            }
            store.appendEvents(writes);
            int before = watched.sent().size();

            List<RecordedEvent<Event>> events =
                    store.readStreams(streams, Event.class).toList();

            assertThat(events).hasSize(EXISTING);
            assertThat(events).extracting(RecordedEvent::position).isSorted();
            assertThat(watched.sent().size() - before).isLessThanOrEqualTo(allowed);
        }

        @Test
        void a_hundred_streams_that_go_on_in_turn_are_read_ahead_together() {
            int count = 100;
            int each = 100;
            Map<StreamId, StreamVersion> streams = new HashMap<>();
            for (int round = 0; round < each; round += 10) {
                StreamWrites writes = StreamWrites.empty();
                for (int i = 0; i < count * 10; i++) {
                    StreamId id = StreamId.of("account-" + i % count);
                    streams.put(id, StreamVersion.NONE);
                    writes = writes.registerStream(id, any()).append(new Deposited(id, i));
                }
                store.appendEvents(writes);
            }
            int before = watched.sent().size();

            assertThat(store.readStreams(streams, Event.class).toList()).hasSize(count * each);

            assertThat(watched.sent().size() - before).isLessThanOrEqualTo(20);
        }
    }
}
