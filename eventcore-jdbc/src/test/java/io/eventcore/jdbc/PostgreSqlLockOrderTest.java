package io.eventcore.jdbc;

import static io.eventcore.ExpectedVersion.any;
import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.EventStreamSlice;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.serialization.JacksonEventSerializer;
import io.eventcore.test.contract.LedgerEvent;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** Every path takes its streams in one order, those that are there and those that are not. */
class PostgreSqlLockOrderTest {
    private static final PostgreSqlDatabase DATABASE = PostgreSqlDatabase.INSTANCE;
    private static final StreamId A = StreamId.of("a");
    private static final StreamId B = StreamId.of("b");

    /** Not there when the test begins. */
    private static final StreamId C = StreamId.of("c");

    /** The prefix of new tables. */
    String newTables() {
        return DATABASE.newTables();
    }

    @Test
    void an_append_that_waits_for_one_stream_does_not_hold_a_later_one() {
        WatchedDataSource watched = new WatchedDataSource(DATABASE.dataSource());
        JdbcEventStore store = TestDatabase.jdbc(watched, newTables())
                .eventStoreBuilder(new JacksonEventSerializer(LedgerEvent.types()))
                .groupCommit(GroupCommitSettings.off())
                .build();
        TransactionTemplate transaction = new TransactionTemplate(new JdbcTransactionManager(watched));
        store.appendEvents(deposit(deposit(StreamWrites.empty(), A), B));
        CompletableFuture<EventStreamSlice> waiting;
        CompletableFuture<EventStreamSlice> passing;
        try (Holder holder = Holder.of(watched, () -> store.appendEvents(deposit(StreamWrites.empty(), A)))) {
            waiting = CompletableFuture.supplyAsync(() -> transaction.execute(status ->
                    store.appendEvents(deposit(deposit(deposit(StreamWrites.empty(), C), B), A))));
            awaitWaiting(1, waiting);
            passing = CompletableFuture.supplyAsync(
                    () -> store.appendEvents(deposit(deposit(StreamWrites.empty(), C), B)));
            awaitWaiting(2, passing);
            holder.commit();
        }

        assertThat(passing.join().events()).hasSize(2);
        assertThat(waiting.join().events()).hasSize(3);
        assertThat(watched.failures()).isEmpty();
    }

    /** Until so many sessions wait for a lock, or the append is done. */
    private static void awaitWaiting(int sessions, CompletableFuture<?> append) {
        JdbcTemplate database = new JdbcTemplate(DATABASE.superusersDataSource());
        Long waiting;
        do {
            waiting = database.queryForObject(
                    "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'", Long.class);
        } while (!append.isDone() && waiting != null && waiting < sessions);
    }

    private static StreamWrites deposit(StreamWrites writes, StreamId account) {
        return writes.registerStream(account, any()).append(new Deposited(account, 1));
    }
}
