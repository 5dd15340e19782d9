package io.eventcore.jdbc;

import static io.eventcore.ExpectedVersion.any;
import static io.eventcore.ExpectedVersion.exactly;
import static io.eventcore.ExpectedVersion.noStream;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.eventcore.Event;
import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.EventStore;
import io.eventcore.NewEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamIdPage;
import io.eventcore.StreamPrefix;
import io.eventcore.StreamWrites;
import io.eventcore.VersionConflictException;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** How many statements each call of the store sends, as the page of costs says. Sessions are looked at before. */
class StatementsOfCallsTest {
    private static final StreamId ADA = StreamId.of("account-ada");

    /**
     * What an append may send.
     *
     * @param always whatever it holds
     * @param forEachNew beyond that, for each stream that it creates
     * @param forEachKnown beyond that, for each stream that is there
     * @param forThousandEvents beyond that, for each thousand events
     */
    private record Append(long always, long forEachNew, long forEachKnown, long forThousandEvents) {
        long allowed(int created, int known, int events) {
            return always + forEachNew * created + forEachKnown * known + forThousandEvents * events / 1_000;
        }
    }

    @Nested
    class On_postgresql extends Rows {
        On_postgresql() {
            super(PostgreSqlDatabase.INSTANCE, new Append(1, 0, 0, 0));
        }
    }

    @Nested
    class On_h2 extends Rows {
        On_h2() {
            super(H2Database.INSTANCE, new Append(3, 8, 1, 0));
        }
    }

    @Nested
    @Tag("mariadb")
    class On_mariadb extends Rows {
        On_mariadb() {
            super(MariaDbDatabase.INSTANCE, new Append(8, 0, 0, 2));
        }
    }

    abstract static class Rows {
        private final Append append;
        private final WatchedDataSource watched;
        private final EventStore store;

        Rows(TestDatabase database, Append append) {
            this.append = append;
            this.watched = new WatchedDataSource(database.dataSource());
            this.store = TestDatabase.store(watched, database.newTables());
        }

        @BeforeEach
        void lookAtTheSession() {
            store.appendEvents(StreamWrites.to(ADA, noStream(), new Deposited(ADA, 1)));
            store.readEvents(EventFilter.all(), EventPage.first(10), Event.class);
        }

        @Test
        void an_append() {
            for (int streams : new int[] {1, 10, 100}) {
                for (int events : new int[] {1, 10}) {
                    StreamWrites writes = StreamWrites.empty();
                    for (int i = 0; i < streams * events; i++) {
                        StreamId id = StreamId.of("s-" + streams + "-" + events + "-" + i % streams);
                        writes = writes.registerStream(id, any()).append(new Deposited(id, i));
                    }
                    StreamWrites all = writes;
                    assertSent(append.allowed(streams, 0, streams * events), () -> store.appendEvents(all));
                    StreamWrites more = again(all);
                    assertSent(append.allowed(0, streams, streams * events), () -> store.appendEvents(more));
                }
            }
        }

        @Test
        void a_conflict() {
            StreamWrites stale = StreamWrites.to(ADA, exactly(0), new Deposited(ADA, 2));
            assertSent(
                    append.allowed(0, 1, 1) + 1,
                    () -> assertThatExceptionOfType(VersionConflictException.class)
                            .isThrownBy(() -> store.appendEvents(stale)));
        }

        @Test
        void reads() {
            assertSent(1, () -> store.readStream(ADA, Event.class).toList());
            assertSent(1, () -> store.streamVersion(ADA));
            assertSent(1, () -> store.streamIds(StreamPrefix.of("account-"), StreamIdPage.first(100)));
            assertSent(1, () -> store.lastPosition());
        }

        @Test
        void a_page_of_the_log() {
            assertSent(3, () -> store.readEvents(EventFilter.all(), EventPage.first(500), Event.class));
        }

        private static StreamWrites again(StreamWrites writes) {
            StreamWrites again = StreamWrites.empty();
            for (NewEvent event : writes.events()) {
                again = again.registerStream(event.streamId(), any()).append(event.streamId(), event.event());
            }
            return again;
        }

        private void assertSent(long allowed, Runnable call) {
            int before = watched.sent().size();
            call.run();
            assertThat(watched.sent().size() - before).isLessThanOrEqualTo(Math.toIntExact(allowed));
        }
    }
}
