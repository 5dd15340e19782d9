package io.eventcore.jdbc;

import static io.eventcore.ExpectedVersion.any;
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
import io.eventcore.EventStreamSlice;
import io.eventcore.ExpectedVersion;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.jdbc.TcpProxy.Moment;
import io.eventcore.test.contract.LedgerEvent;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import java.io.IOException;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.ds.PGSimpleDataSource;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** Connections to a real server that break while an append is committed. */
class PostgreSqlCutTest {
    private static final PostgreSqlDatabase DATABASE = PostgreSqlDatabase.INSTANCE;
    private static final StreamId ADA = StreamId.of("account-ada");

    private final String prefix = DATABASE.newTables();
    private final PGSimpleDataSource direct = DATABASE.unpooled(TestDatabase.APP);
    private final TcpProxy proxy = new TcpProxy(direct.getPortNumbers()[0]);
    private final HikariDataSource pool = pool(20);
    private final List<Long> pauses = new ArrayList<>();
    private final EventStore store =
            TestDatabase.builder(pool, prefix).settlingPause(pauses::add).build();

    PostgreSqlCutTest() throws IOException {}

    private HikariDataSource pool(int socketTimeoutSeconds) {
        PGSimpleDataSource proxied = DATABASE.unpooled(TestDatabase.APP);
        proxied.setPortNumbers(new int[] {proxy.port()});
        // So that every request names what it calls.
        proxied.setPrepareThreshold(0);
        proxied.setSocketTimeout(socketTimeoutSeconds);
        HikariConfig config = new HikariConfig();
        config.setDataSource(proxied);
        config.setMaximumPoolSize(4);
        return new HikariDataSource(config);
    }

    @AfterEach
    void close() throws IOException {
        pool.close();
        proxy.close();
    }

    @ParameterizedTest
    @EnumSource(names = {"BEFORE_REQUEST", "AFTER_REQUEST", "BEFORE_RESPONSE"})
    void an_append_whose_connection_breaks_is_stored_once_and_acknowledged(Moment moment) {
        proxy.breakAt("append_event", moment);
        EventStreamSlice first = store.appendEvents(deposit(noStream(), 1));
        proxy.breakAt("append(", moment);
        EventStreamSlice second =
                store.appendEvents(StreamWrites.to(ADA, exactly(1), new Deposited(ADA, 2), new Deposited(ADA, 3)));

        assertThat(pauses).hasSize(2);
        assertThat(positions(log())).containsExactlyElementsOf(positions(first, second));
    }

    @ParameterizedTest
    @ValueSource(strings = {"lock_stream", "append(", "COMMIT"})
    void an_append_is_settled_although_settling_is_interrupted_as_well(String request) {
        // The second break hits the append, or the commit, that settles the first one.
        proxy.breakAt("append_event", Moment.BEFORE_RESPONSE);
        EventStore again = TestDatabase.builder(pool, prefix)
                .settlingPause(millis -> {
                    if (millis == 0) {
                        proxy.breakAt(request, Moment.BEFORE_RESPONSE);
                    }
                })
                .build();

        EventStreamSlice slice = again.appendEvents(deposit(noStream(), 1));

        assertThat(positions(log())).containsExactlyElementsOf(positions(slice));
    }

    @Test
    void a_server_that_does_not_answer_in_time_is_asked_again() {
        PGSimpleDataSource impatient = DATABASE.unpooled(TestDatabase.APP);
        impatient.setPortNumbers(new int[] {proxy.port()});
        impatient.setPrepareThreshold(0);
        impatient.setSocketTimeout(1);
        EventStore waiting = TestDatabase.store(impatient, prefix);
        proxy.breakAt("append_event", Moment.STALL);

        EventStreamSlice slice = waiting.appendEvents(deposit(noStream(), 1));

        assertThat(positions(log())).containsExactlyElementsOf(positions(slice));
    }

    /** The old session waits for a lock while its client has long given it up. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void a_session_that_is_still_at_work_is_waited_for(boolean exact) throws Exception {
        store.appendEvents(deposit(noStream(), 1));
        EventStore alone = TestDatabase.builder(pool, prefix)
                .groupCommit(GroupCommitSettings.off())
                .settlingPause(pauses::add)
                .build();
        try (Connection other = DATABASE.ownersDataSource().getConnection()) {
            other.setAutoCommit(false);
            DATABASE.lock(other, prefix, ADA);
            CompletableFuture<EventStreamSlice> append =
                    CompletableFuture.supplyAsync(() -> alone.appendEvents(deposit(exact ? exactly(1) : any(), 2)));
            // The first request finds the stream busy and waits for a moment; the next one waits until it is free.
            awaitSessionsWaitingForALock(1);
            proxy.cutClients();
            awaitSessionsWaitingForALock(2);
            assertThat(append).isNotDone();
            other.rollback();
            other.setAutoCommit(true);

            EventStreamSlice slice = append.join();

            assertThat(positions(log())).hasSize(2).endsWith(positions(slice).get(0));
        }
    }

    /** Slow is not lost: what is about to be answered must not be settled. */
    @Test
    void an_answer_that_is_slow_is_waited_for() {
        CompletableFuture<EventStreamSlice> append;
        try (TcpProxy.Delay delay = proxy.delayAt("append_event")) {
            append = CompletableFuture.supplyAsync(() -> store.appendEvents(deposit(noStream(), 1)));
            delay.awaitHeld();
            assertThat(append).isNotDone();
        }

        assertThat(positions(log())).containsExactlyElementsOf(positions(append.join()));
        assertThat(pauses).isEmpty();
    }

    /** The answer to the commit arrives when the client has given up, and settled what it could not wait for. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void an_answer_that_comes_too_late_changes_nothing(boolean exact) {
        EventStreamSlice slice;
        List<Long> settled = new ArrayList<>();
        try (HikariDataSource impatient = impatientPool();
                TcpProxy.Delay delay = proxy.delayAt("append")) {
            EventStore waiting = TestDatabase.builder(impatient, prefix)
                    .settlingPause(millis -> {
                        settled.add(millis);
                        delay.awaitHeld();
                        delay.end();
                    })
                    .build();
            slice = waiting.appendEvents(deposit(exact ? noStream() : any(), 1));
        }

        assertThat(settled).containsExactly(0L);
        assertThat(positions(log())).containsExactlyElementsOf(positions(slice));
    }

    /** The same at the caller's own commit, which is the caller's to settle. */
    @Test
    void a_caller_settles_a_commit_whose_answer_came_too_late() {
        StreamWrites writes = deposit(noStream(), 1);
        EventStreamSlice slice;
        try (HikariDataSource impatient = impatientPool();
                TcpProxy.Delay delay = proxy.delayAt("COMMIT")) {
            EventStore waiting = TestDatabase.store(impatient, prefix);
            TransactionTemplate transaction = new TransactionTemplate(new JdbcTransactionManager(impatient));
            assertThatExceptionOfType(RuntimeException.class)
                    .isThrownBy(() -> transaction.executeWithoutResult(status -> waiting.appendEvents(writes)));
            delay.awaitHeld();
            slice = waiting.appendEvents(writes);
        }

        assertThat(positions(log())).containsExactlyElementsOf(positions(slice));
    }

    private HikariDataSource impatientPool() {
        return pool(1);
    }

    /** Nothing stands in the way of the old session's append, so the store must not say that it will not come. */
    @Test
    void an_append_in_any_version_that_never_arrived_is_not_called_refused() {
        proxy.breakAt("append", Moment.BEFORE_REQUEST);

        assertThatExceptionOfType(AppendOutcomeUnknownException.class)
                .isThrownBy(() -> store.appendEvents(deposit(any(), 1)));
        assertThat(log()).isEmpty();
    }

    /** Lost at the caller's commit, an append is the caller's to settle: by repeating it in the same versions. */
    @ParameterizedTest
    @EnumSource(names = {"BEFORE_REQUEST", "AFTER_REQUEST", "BEFORE_RESPONSE"})
    void a_caller_settles_a_commit_of_its_own_by_repeating_the_append(Moment moment) {
        TransactionTemplate transaction = new TransactionTemplate(new JdbcTransactionManager(pool));
        StreamWrites writes = deposit(noStream(), 1);
        proxy.breakAt("COMMIT", moment);

        assertThatExceptionOfType(RuntimeException.class)
                .isThrownBy(() -> transaction.executeWithoutResult(status -> store.appendEvents(writes)));
        EventStreamSlice slice = store.appendEvents(writes);

        assertThat(positions(log())).containsExactlyElementsOf(positions(slice));
        assertThat(slice.events().get(0).id()).isEqualTo(writes.events().get(0).id());
    }

    /** Longer than one does that waits for a moment only. */
    private void awaitSessionsWaitingForALock(int sessions) {
        JdbcClient superuser = JdbcClient.create(DATABASE.superusersDataSource());
        int waiting = 0;
        while (waiting < sessions) {
            Thread.onSpinWait();
            waiting = superuser
                    .sql("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE ?"
                            + " AND clock_timestamp() - query_start > interval '200 ms'")
                    .param("%" + prefix + "%")
                    .query(Integer.class)
                    .single();
        }
    }

    private List<RecordedEvent<LedgerEvent>> log() {
        return DATABASE.store(prefix)
                .readEvents(EventFilter.all(), EventPage.first(100), LedgerEvent.class)
                .events();
    }

    private static List<Long> positions(List<RecordedEvent<LedgerEvent>> log) {
        return log.stream().map(event -> event.position().value()).toList();
    }

    private static List<Long> positions(EventStreamSlice... slices) {
        return List.of(slices).stream()
                .flatMap(slice -> slice.events().stream())
                .map(event -> event.position().value())
                .toList();
    }

    private static StreamWrites deposit(ExpectedVersion expected, long cents) {
        return StreamWrites.to(ADA, expected, new Deposited(ADA, cents));
    }
}
