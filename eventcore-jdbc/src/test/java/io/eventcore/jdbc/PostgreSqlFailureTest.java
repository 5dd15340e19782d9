package io.eventcore.jdbc;

import static io.eventcore.ExpectedVersion.exactly;
import static io.eventcore.ExpectedVersion.noStream;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.eventcore.AppendOutcomeUnknownException;
import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.EventStore;
import io.eventcore.EventStoreUnavailableException;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.TransientEventStoreException;
import io.eventcore.test.chaos.Fault;
import io.eventcore.test.chaos.FaultPlan;
import io.eventcore.test.chaos.FaultyDataSource;
import io.eventcore.test.chaos.JdbcCall;
import io.eventcore.test.contract.LedgerEvent;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PostgreSqlFailureTest extends FailureContract {
    private static final StreamId ADA = StreamId.of("account-ada");

    @Override
    TestDatabase database() {
        return PostgreSqlDatabase.INSTANCE;
    }

    @Override
    JdbcCall committingCall() {
        return JdbcCall.EXECUTE;
    }

    @ParameterizedTest
    @ValueSource(strings = {"SET statement_timeout = '100ms'", "SET lock_timeout = '100ms'"})
    void a_time_out_while_waiting_for_a_stream_leaves_the_connection_usable(String timeout) throws SQLException {
        String prefix = database().newTables();
        HikariConfig config = new HikariConfig();
        config.setDataSource(PostgreSqlDatabase.INSTANCE.unpooled(TestDatabase.APP));
        config.setMaximumPoolSize(1);
        config.setConnectionInitSql(timeout);
        try (HikariDataSource pool = new HikariDataSource(config)) {
            EventStore store = TestDatabase.store(pool, prefix);
            store.appendEvents(deposit(0));
            try (Connection other = database().ownersDataSource().getConnection()) {
                other.setAutoCommit(false);
                database().lock(other, prefix, ADA);
                assertThatExceptionOfType(TransientEventStoreException.class)
                        .isThrownBy(() -> store.appendEvents(deposit(1)));
                other.rollback();
                other.setAutoCommit(true);
            }
            assertThat(store.streamVersion(ADA).value()).isEqualTo(1);
            store.appendEvents(deposit(1));
        }
    }

    /** As after a failover, when the pool still holds connections to what has become a replica. */
    @Test
    void a_session_on_a_read_only_server_is_replaced_without_a_restart() {
        String prefix = database().newTables();
        HikariConfig config = new HikariConfig();
        config.setDataSource(PostgreSqlDatabase.INSTANCE.unpooled(TestDatabase.APP));
        config.setMaximumPoolSize(1);
        try (HikariDataSource pool = new HikariDataSource(config)) {
            // A group would hide the failure: its members try again on connections of their own.
            EventStore store = TestDatabase.builder(pool, prefix)
                    .groupCommit(GroupCommitSettings.off())
                    .build();
            store.appendEvents(deposit(0));
            TestDatabase.execute(pool, "SET default_transaction_read_only = on");

            assertThatExceptionOfType(EventStoreUnavailableException.class)
                    .isThrownBy(() -> store.appendEvents(deposit(1)))
                    .withMessageContaining("25006");

            store.appendEvents(deposit(1));
            assertThat(store.streamVersion(ADA).value()).isEqualTo(2);
        }
    }

    @Test
    void a_commit_that_may_not_last_is_not_acknowledged_before_it_is_settled() {
        String prefix = database().newTables();
        FaultyDataSource faulty = new FaultyDataSource(database().expendableDataSource(), FaultPlan.none());
        List<Long> pauses = new ArrayList<>();
        EventStore store =
                TestDatabase.builder(faulty, prefix).settlingPause(pauses::add).build();
        faulty.plan(FaultPlan.once(JdbcCall.EXECUTE, 1, Fault.WARNING));

        store.appendEvents(deposit(0));

        assertThat(pauses).containsExactly(0L);
        faulty.plan(call -> call == JdbcCall.EXECUTE || call == JdbcCall.COMMIT ? Fault.WARNING : Fault.NONE);
        assertThatExceptionOfType(AppendOutcomeUnknownException.class).isThrownBy(() -> store.appendEvents(deposit(1)));
    }

    @Test
    void a_restarted_sequence_is_refused_loudly_and_a_repaired_one_works() {
        String prefix = database().newTables();
        EventStore store = database().store(prefix);
        store.appendEvents(deposit(0));
        store.appendEvents(deposit(1));
        TableNames names = new TableNames("", prefix);

        TestDatabase.execute(database().ownersDataSource(), names.in("ALTER SEQUENCE eventcore_position RESTART"));
        assertThatExceptionOfType(EventStoreUnavailableException.class)
                .isThrownBy(() -> store.appendEvents(deposit(2)))
                .withMessageContaining("55000");
        TestDatabase.execute(database().ownersDataSource(), names.in("SELECT setval('eventcore_position', 1)"));
        assertThatExceptionOfType(EventStoreUnavailableException.class)
                .isThrownBy(() -> store.appendEvents(deposit(2)))
                .withMessageContaining("23505");

        TestDatabase.execute(
                database().ownersDataSource(),
                names.in("SELECT setval('eventcore_position', (SELECT max(position) FROM eventcore_event))"));
        store.appendEvents(deposit(2));
        assertThat(store.readEvents(EventFilter.all(), EventPage.first(10), LedgerEvent.class)
                        .events())
                .hasSize(3);
    }

    private static StreamWrites deposit(long version) {
        return StreamWrites.to(ADA, version == 0 ? noStream() : exactly(version), new Deposited(ADA, version));
    }
}
