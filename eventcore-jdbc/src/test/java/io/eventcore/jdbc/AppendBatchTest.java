package io.eventcore.jdbc;

import static io.eventcore.ExpectedVersion.any;
import static io.eventcore.ExpectedVersion.exactly;
import static io.eventcore.ExpectedVersion.noStream;
import static io.eventcore.ExpectedVersion.streamExists;
import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.AppendLimits;
import io.eventcore.AppendedEvent;
import io.eventcore.ExpectedVersion;
import io.eventcore.GlobalPosition;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.StreamWrites;
import io.eventcore.VersionConflictException;
import io.eventcore.jdbc.AppendResult.Busy;
import io.eventcore.jdbc.AppendResult.Conflict;
import io.eventcore.jdbc.AppendResult.Found;
import io.eventcore.jdbc.AppendResult.Written;
import io.eventcore.serialization.JacksonEventSerializer;
import io.eventcore.serialization.internal.SerializedAppend;
import io.eventcore.test.contract.LedgerEvent;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** Appends that share a transaction: each is written or refused for itself, and none waits for a foreign transaction. */
class AppendBatchTest {
    private static final StreamId A = StreamId.of("a");
    private static final StreamId B = StreamId.of("b");
    private static final StreamId C = StreamId.of("c");
    private static final StreamId GUARD = StreamId.of("guard");

    @Nested
    class On_postgresql extends Rows {
        On_postgresql() {
            super(PostgreSqlDatabase.INSTANCE);
        }

        @Test
        void a_stream_that_a_foreign_transaction_has_appended_to_is_busy_and_nobody_waits() {
            store.appendEvents(write(A, noStream()));
            try (Holder holder = holding(write(A, any()))) {
                for (ExpectedVersion expected : List.of(any(), exactly(1), streamExists())) {
                    assertOnlyTheSecondIsBusy(batch(write(B, any()), write(A, expected), write(C, any())));
                }
                assertOnlyTheSecondIsBusy(
                        batch(write(B, any()), relying(write(GUARD, any()), A, exactly(1)), write(C, any())));
                holder.rollBack();
            }
            assertThat(store.streamVersion(A)).isEqualTo(StreamVersion.of(1));
            assertThat(store.streamVersion(B)).isEqualTo(StreamVersion.of(4));
        }
    }

    @Nested
    class On_h2 extends Rows {
        On_h2() {
            super(H2Database.INSTANCE);
        }
    }

    abstract static class Rows {
        private final TestDatabase database;
        private String prefix;
        JdbcEventStore store;

        Rows(TestDatabase database) {
            this.database = database;
            this.prefix = "";
        }

        @BeforeEach
        void beginWithEmptyTables() {
            prefix = database.newTables();
            store = database.store(prefix);
        }

        @Test
        void each_is_written_or_refused_for_itself() {
            StreamWrites stored = write(A, noStream());
            store.appendEvents(stored);
            store.appendEvents(write(B, noStream()));

            List<AppendResult> outcomes = batch(
                    stored, write(B, exactly(7)), write(C, noStream(), 3), write(StreamId.of("d"), streamExists()));

            assertThat(outcomes.get(0)).isInstanceOf(Found.class);
            assertThat(conflict(outcomes.get(1))).isEqualTo(StreamVersion.of(1));
            assertThat(versions(outcomes.get(2))).containsExactly(1L, 2L, 3L);
            assertThat(conflict(outcomes.get(3))).isEqualTo(StreamVersion.NONE);
            assertThat(store.streamVersion(A)).isEqualTo(StreamVersion.of(1));
            assertThat(store.streamVersion(B)).isEqualTo(StreamVersion.of(1));
            assertThat(store.streamVersion(C)).isEqualTo(StreamVersion.of(3));
        }

        @Test
        void when_all_are_refused_nothing_is_changed() {
            store.appendEvents(write(A, noStream()));

            List<AppendResult> outcomes = batch(
                    relying(write(B, noStream()), GUARD, exactly(1)), write(A, noStream()), write(C, streamExists()));

            assertThat(outcomes).allMatch(outcome -> outcome instanceof Conflict);
            assertThat(store.streamVersion(B)).isEqualTo(StreamVersion.NONE);
            assertThat(versions(only(batch(write(B, noStream()))))).containsExactly(1L);
        }

        @Test
        void appends_without_events_share_a_transaction_too() {
            store.appendEvents(write(A, noStream()));

            List<AppendResult> outcomes = batch(
                    relying(StreamWrites.empty(), A, exactly(1)),
                    relying(StreamWrites.empty(), B, noStream()),
                    relying(StreamWrites.empty(), A, noStream()));

            assertThat(outcomes.subList(0, 2)).allMatch(outcome -> outcome instanceof Written);
            assertThat(conflict(outcomes.get(2))).isEqualTo(StreamVersion.of(1));
            assertThat(batch(
                            relying(StreamWrites.empty(), A, exactly(1)), relying(StreamWrites.empty(), B, noStream())))
                    .allMatch(outcome -> outcome instanceof Written);
        }

        @Test
        void all_may_rely_on_one_stream_whether_it_exists_or_not() {
            for (ExpectedVersion expected : List.of(noStream(), exactly(1), streamExists())) {
                List<AppendResult> outcomes = batch(
                        relying(write(A, any()), GUARD, expected),
                        relying(write(B, any()), GUARD, expected),
                        relying(write(C, any()), GUARD, expected));

                assertThat(outcomes).as("%s", expected).allMatch(outcome -> outcome instanceof Written);
                if (expected.equals(noStream())) {
                    store.appendEvents(write(GUARD, noStream()));
                }
            }
            assertThat(store.streamVersion(A)).isEqualTo(StreamVersion.of(3));
        }

        @Test
        void positions_follow_the_order_of_the_appends_and_of_their_events() {
            List<AppendResult> outcomes =
                    batch(write(C, any(), 5), write(A, any()), write(B, noStream(), 4), write(GUARD, any(), 2));

            List<GlobalPosition> positions = new ArrayList<>();
            outcomes.forEach(outcome -> written(outcome).forEach(event -> positions.add(event.position())));
            assertThat(positions).hasSize(12).isSorted().doesNotHaveDuplicates();
        }

        @Test
        void a_stream_that_a_foreign_transaction_relies_on_is_busy_for_those_who_write_it() {
            store.appendEvents(write(A, noStream()));
            try (Holder holder = holding(relying(StreamWrites.empty(), A, exactly(1)))) {
                for (ExpectedVersion expected : List.of(any(), exactly(1), streamExists())) {
                    assertOnlyTheSecondIsBusy(batch(write(B, any()), write(A, expected), write(C, any())));
                }
                holder.rollBack();
            }
            assertThat(store.streamVersion(A)).isEqualTo(StreamVersion.of(1));
            assertThat(store.streamVersion(B)).isEqualTo(StreamVersion.of(3));
        }

        @Test
        void a_stream_that_a_foreign_transaction_is_creating_is_busy_for_its_own_append_only() {
            try (Holder holder = holding(relying(StreamWrites.empty(), B, noStream()))) {
                for (ExpectedVersion expected : List.of(any(), noStream())) {
                    assertOnlyTheSecondIsBusy(
                            batch(write(A, any()), write(B, expected), write(C, any()), write(GUARD, any())));
                }
                assertOnlyTheSecondIsBusy(
                        batch(write(C, any()), relying(write(GUARD, any()), B, noStream()), write(A, any())));
                holder.rollBack();
            }
            assertThat(store.streamVersion(B)).isEqualTo(StreamVersion.NONE);
            assertThat(store.streamVersion(A)).isEqualTo(StreamVersion.of(3));
            assertThat(versions(only(batch(write(B, noStream()))))).containsExactly(1L);
        }

        /** A foreign transaction that has done this and stays open. */
        final Holder holding(StreamWrites writes) {
            return Holder.of(database.dataSource(), () -> store.appendEvents(writes));
        }

        static void assertOnlyTheSecondIsBusy(List<AppendResult> outcomes) {
            for (int i = 0; i < outcomes.size(); i++) {
                assertThat(outcomes.get(i)).as("append %d", i).isInstanceOf(i == 1 ? Busy.class : Written.class);
            }
        }

        final List<AppendResult> batch(StreamWrites... writes) {
            List<SerializedAppend> appends = Stream.of(writes)
                    .map(each -> SerializedAppend.of(
                            each, new JacksonEventSerializer(LedgerEvent.types()), AppendLimits.defaults()))
                    .toList();
            try (Connection connection = database.dataSource().getConnection()) {
                return Dialect.of(connection, new TableNames("", prefix))
                        .appends()
                        .appendBatch(connection, appends);
            } catch (SQLException e) {
                throw new AssertionError("The batch failed as a whole", e);
            }
        }

        private static AppendResult only(List<AppendResult> outcomes) {
            assertThat(outcomes).hasSize(1);
            return outcomes.get(0);
        }

        private static List<AppendedEvent> written(AppendResult outcome) {
            assertThat(outcome).isInstanceOf(Written.class);
            return ((Written) outcome).slice().events();
        }

        private static List<Long> versions(AppendResult outcome) {
            return written(outcome).stream()
                    .map(event -> event.version().value())
                    .toList();
        }

        private static StreamVersion conflict(AppendResult outcome) {
            assertThat(outcome).isInstanceOf(Conflict.class);
            return ((VersionConflictException) ((Conflict) outcome).conflict()).actual();
        }
    }

    private static StreamWrites write(StreamId stream, ExpectedVersion expected) {
        return write(stream, expected, 1);
    }

    private static StreamWrites write(StreamId stream, ExpectedVersion expected, int events) {
        StreamWrites writes = StreamWrites.empty().registerStream(stream, expected);
        for (int i = 0; i < events; i++) {
            writes = writes.append(new Deposited(stream, i));
        }
        return writes;
    }

    private static StreamWrites relying(StreamWrites writes, StreamId guard, ExpectedVersion expected) {
        return writes.registerStream(guard, expected);
    }
}
