package io.eventcore.jdbc;

import static io.eventcore.ExpectedVersion.any;
import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.eventcore.EventStore;
import io.eventcore.EventStreamSlice;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.serialization.JacksonEventSerializer;
import io.eventcore.test.contract.LedgerEvent;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DelegatingDataSource;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;

/**
 * Sessions of one pool that differ in their default isolation: those that were opened after an administrator has made it
 * stricter, or those that a pool has reset to what they were before.
 */
class PostgreSqlStricterSessionTest {
    private static final PostgreSqlDatabase DATABASE = PostgreSqlDatabase.INSTANCE;
    private static final StreamId ADA = StreamId.of("account-ada");

    /** A look takes 20 milliseconds at most. */
    private static final String NOT_YET_LONG = "clock_timestamp() - query_start < interval '200 milliseconds'";

    private static final StreamId BOB = StreamId.of("account-bob");

    @Test
    void an_append_is_stored_by_a_session_that_is_stricter_than_the_first_however_often_others_come_first() {
        String prefix = DATABASE.newTables();
        EventStore others = DATABASE.store(prefix);
        GrowingPool pool = new GrowingPool(() -> others.appendEvents(deposit()));
        EventStore store = TestDatabase.jdbc(pool, prefix)
                .eventStoreBuilder(new JacksonEventSerializer(LedgerEvent.types()))
                .groupCommit(GroupCommitSettings.off())
                .build();
        store.appendEvents(deposit());

        pool.later = true;
        store.appendEvents(deposit());

        assertThat(pool.overtaking).isNotEmpty();
        assertThat(others.streamVersion(ADA).value()).isEqualTo(2 + pool.overtaking.size());
    }

    /** Looking whether a stream is free fails where it is not, and a transaction that has met a failure does nothing more. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void an_append_by_a_strict_session_waits_for_the_transaction_that_holds_its_stream(int streams) {
        String prefix = DATABASE.newTables();
        EventStore others = DATABASE.store(prefix);
        HikariConfig config = DATABASE.appConfig();
        config.setConnectionInitSql("SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL SERIALIZABLE");
        try (HikariDataSource pool = new HikariDataSource(config)) {
            EventStore store = TestDatabase.store(pool, prefix);
            store.appendEvents(deposit());
            Holder first = Holder.of(DATABASE.dataSource(), () -> others.appendEvents(deposit()));
            CompletableFuture<EventStreamSlice> second = CompletableFuture.supplyAsync(() -> store.appendEvents(
                    streams == 1
                            ? deposit()
                            : deposit().registerStream(BOB, any()).append(new Deposited(BOB, 1))));

            awaitLongWait(prefix, second);
            first.commit();

            assertThat(second.join().events()).hasSize(streams);
            assertThat(others.streamVersion(ADA).value()).isEqualTo(3);
        }
    }

    /** Until a statement has waited for a lock much longer than a look takes, or the append has ended. */
    private static void awaitLongWait(String prefix, CompletableFuture<?> append) {
        JdbcClient.StatementSpec waiting = JdbcClient.create(DATABASE.superusersDataSource())
                .sql("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE ?"
                        + " AND NOT " + NOT_YET_LONG)
                .param("%" + prefix + "%");
        while (!append.isDone() && waiting.query(Long.class).single() == 0) {
            Thread.onSpinWait();
        }
    }

    private static StreamWrites deposit() {
        return StreamWrites.to(ADA, any(), new Deposited(ADA, 1));
    }

    /**
     * A session later on is SERIALIZABLE. While one of those waits for the stream, another append to it commits, which is
     * a serialization failure there.
     */
    private static final class GrowingPool extends DelegatingDataSource {
        private final Runnable append;
        private final List<CompletableFuture<Void>> overtaking = new ArrayList<>();
        private boolean later;

        GrowingPool(Runnable append) {
            super(DATABASE.unpooled(TestDatabase.APP));
            this.append = append;
        }

        @Override
        public Connection getConnection() throws SQLException {
            Connection session = super.getConnection();
            if (later) {
                JdbcClient statements = JdbcClient.create(new SingleConnectionDataSource(session, true));
                statements
                        .sql("SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL SERIALIZABLE")
                        .update();
                long process = statements
                        .sql("SELECT pg_backend_pid()")
                        .query(Long.class)
                        .single();
                Holder first = Holder.of(DATABASE.dataSource(), append);
                overtaking.add(CompletableFuture.runAsync(() -> {
                    awaitWaiting(process);
                    first.commit();
                }));
            }
            return session;
        }

        /** Until the session waits for a lock, and not only looks whether it is free, or has ended. */
        private static void awaitWaiting(long process) {
            JdbcClient.StatementSpec isAtWork = JdbcClient.create(DATABASE.superusersDataSource())
                    .sql("SELECT count(*) FROM pg_stat_activity"
                            + " WHERE pid = ? AND (wait_event_type IS DISTINCT FROM 'Lock' OR " + NOT_YET_LONG + ")")
                    .param(process);
            while (isAtWork.query(Long.class).single() == 1) {
                Thread.onSpinWait();
            }
        }
    }
}
