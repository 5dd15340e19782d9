package io.eventcore.jdbc;

import static io.eventcore.ExpectedVersion.any;
import static io.eventcore.ExpectedVersion.exactly;
import static io.eventcore.ExpectedVersion.noStream;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.zaxxer.hikari.HikariDataSource;
import io.eventcore.EventStreamSlice;
import io.eventcore.ExpectedVersion;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.StreamWrites;
import io.eventcore.TransientEventStoreException;
import io.eventcore.VersionConflictException;
import io.eventcore.test.contract.LedgerEvent;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import io.eventcore.test.contract.Race;
import java.sql.Connection;
import java.util.List;
import javax.sql.DataSource;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.TransactionException;
import org.springframework.transaction.support.TransactionTemplate;

/** What the snapshot of a caller's transaction must not do to an append: MariaDB's default is REPEATABLE READ. */
@Tag("mariadb")
class MariaDbIsolationTest {
    private static final MariaDbDatabase DATABASE = MariaDbDatabase.INSTANCE;
    private static final StreamId ADA = StreamId.of("account-ada");
    private static final StreamId BOB = StreamId.of("account-bob");
    private static final int ROUNDS = 60;

    private final DataSource dataSource = DATABASE.dataSource();
    private final String prefix = DATABASE.newTables();
    private final JdbcEventStore store = TestDatabase.store(dataSource, prefix);

    @ParameterizedTest
    @ValueSource(ints = {Connection.TRANSACTION_READ_COMMITTED, Connection.TRANSACTION_REPEATABLE_READ})
    void a_guard_that_moved_on_after_the_snapshot_is_a_conflict_and_the_transaction_goes_on(int isolation) {
        store.appendEvents(deposit(BOB, noStream()));

        transaction(isolation).executeWithoutResult(status -> {
            assertThat(store.streamVersion(BOB)).isEqualTo(StreamVersion.of(1));
            elsewhere(() -> store.appendEvents(deposit(BOB, exactly(1))));

            assertThatExceptionOfType(VersionConflictException.class)
                    .isThrownBy(
                            () -> store.appendEvents(deposit(ADA, noStream()).registerStream(BOB, exactly(1))))
                    .satisfies(conflict -> assertThat(conflict.actual()).isEqualTo(StreamVersion.of(2)));
            store.appendEvents(deposit(ADA, noStream()).registerStream(BOB, exactly(2)));
        });

        assertThat(store.streamVersion(ADA)).isEqualTo(StreamVersion.of(1));
    }

    @Test
    void a_stream_created_after_the_snapshot_is_a_conflict() {
        transaction(Connection.TRANSACTION_REPEATABLE_READ).executeWithoutResult(status -> {
            assertThat(store.streamVersion(BOB)).isEqualTo(StreamVersion.NONE);
            elsewhere(() -> store.appendEvents(deposit(BOB, noStream())));

            assertThatExceptionOfType(VersionConflictException.class)
                    .isThrownBy(
                            () -> store.appendEvents(deposit(ADA, noStream()).registerStream(BOB, noStream())));
        });
    }

    @Test
    void a_repetition_of_what_was_stored_after_the_snapshot_is_recognised() {
        StreamWrites writes = deposit(ADA, noStream());

        transaction(Connection.TRANSACTION_REPEATABLE_READ).executeWithoutResult(status -> {
            assertThat(store.streamVersion(ADA)).isEqualTo(StreamVersion.NONE);
            EventStreamSlice first = Race.elsewhere(() -> store.appendEvents(writes));

            assertThat(store.appendEvents(writes)).isEqualTo(first);
        });
    }

    @Test
    void where_the_snapshot_counts_a_change_after_it_is_transient_and_nothing_is_stored() {
        store.appendEvents(deposit(BOB, noStream()));

        try (HikariDataSource strict = DATABASE.pool("SET innodb_snapshot_isolation = ON")) {
            JdbcEventStore strictStore = TestDatabase.store(strict, prefix);
            assertThatExceptionOfType(TransientEventStoreException.class)
                    .isThrownBy(() -> transaction(strict, Connection.TRANSACTION_REPEATABLE_READ)
                            .executeWithoutResult(status -> {
                                assertThat(strictStore.streamVersion(BOB)).isEqualTo(StreamVersion.of(1));
                                elsewhere(() -> store.appendEvents(deposit(BOB, exactly(1))));
                                strictStore.appendEvents(deposit(BOB, any()));
                            }))
                    .withMessageContaining("1020");
        }

        assertThat(store.streamVersion(BOB)).isEqualTo(StreamVersion.of(2));
    }

    @ParameterizedTest
    @ValueSource(
            ints = {
                Connection.TRANSACTION_READ_COMMITTED,
                Connection.TRANSACTION_REPEATABLE_READ,
                Connection.TRANSACTION_SERIALIZABLE
            })
    void two_decisions_that_rest_on_each_others_stream_never_both_succeed(int isolation) {
        for (int round = 0; round < ROUNDS; round++) {
            StreamId one = StreamId.of("one-" + round);
            StreamId other = StreamId.of("other-" + round);
            boolean absent = round % 2 == 0;
            if (!absent) {
                store.appendEvents(deposit(one, noStream()));
                store.appendEvents(deposit(other, noStream()));
            }
            ExpectedVersion expected = absent ? noStream() : exactly(1);

            List<Boolean> succeeded = Race.run(List.of(
                    () -> appends(isolation, one, other, expected), () -> appends(isolation, other, one, expected)));

            assertThat(succeeded).as("round %d", round).containsAnyOf(false);
            long before = absent ? 0 : 2;
            long after = store.streamVersion(one).value()
                    + store.streamVersion(other).value();
            assertThat(after - before).isEqualTo(succeeded.contains(true) ? 1 : 0);
        }
    }

    private boolean appends(int isolation, StreamId written, StreamId guard, ExpectedVersion expected) {
        try {
            transaction(isolation).executeWithoutResult(status -> {
                store.readStream(guard, LedgerEvent.class).toList();
                store.appendEvents(deposit(written, expected).registerStream(guard, expected));
            });
            return true;
        } catch (VersionConflictException
                | TransientEventStoreException
                | DataAccessException
                | TransactionException refused) {
            return false;
        }
    }

    private TransactionTemplate transaction(int isolation) {
        return transaction(dataSource, isolation);
    }

    private static TransactionTemplate transaction(DataSource dataSource, int isolation) {
        TransactionTemplate transaction = new TransactionTemplate(new JdbcTransactionManager(dataSource));
        transaction.setIsolationLevel(isolation);
        return transaction;
    }

    private static void elsewhere(Runnable action) {
        Race.elsewhere(() -> {
            action.run();
            return true;
        });
    }

    private static StreamWrites deposit(StreamId account, ExpectedVersion expected) {
        return StreamWrites.to(account, expected, new Deposited(account, 1));
    }
}
