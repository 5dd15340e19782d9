package io.eventcore.jdbc;

import static io.eventcore.ExpectedVersion.any;
import static io.eventcore.ExpectedVersion.exactly;
import static io.eventcore.ExpectedVersion.noStream;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.eventcore.AppendOutcomeUnknownException;
import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.EventStore;
import io.eventcore.EventStoreException;
import io.eventcore.EventStoreUnavailableException;
import io.eventcore.EventStreamSlice;
import io.eventcore.ExpectedVersion;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.TransientEventStoreException;
import io.eventcore.VersionConflictException;
import io.eventcore.internal.CallerRetries;
import io.eventcore.test.chaos.Fault;
import io.eventcore.test.chaos.FaultPlan;
import io.eventcore.test.chaos.FaultyDataSource;
import io.eventcore.test.chaos.JdbcCall;
import io.eventcore.test.contract.LedgerEvent;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import io.eventcore.test.contract.Race;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What an append outside of any transaction says when something breaks, and what is stored then. */
abstract class FailureContract {
    private static final StreamId ADA = StreamId.of("account-ada");
    private static final StreamId BOB = StreamId.of("account-bob");

    abstract TestDatabase database();

    /** The call at which an append of this engine is carried out and committed. */
    abstract JdbcCall committingCall();

    private final String prefix = database().newTables();
    private final FaultyDataSource faulty = new FaultyDataSource(database().expendableDataSource(), FaultPlan.none());
    private final List<Long> pauses = new ArrayList<>();
    private final EventStore store =
            TestDatabase.builder(faulty, prefix).settlingPause(pauses::add).build();

    @ParameterizedTest
    @EnumSource(names = {"LOST_BEFORE", "LOST_AFTER", "LATE", "MUCH_LATER", "DEADLOCK"})
    void an_append_in_an_exact_version_ends_well_whatever_became_of_its_commit(Fault fault) {
        EventStreamSlice slice = whenCommitting(fault, deposit(ADA, noStream(), 1));
        faulty.finishLate();

        assertStoredOnce(slice);
    }

    @ParameterizedTest
    @EnumSource(names = {"LOST_AFTER", "LATE"})
    void an_append_in_any_version_is_found_if_it_was_committed(Fault fault) {
        EventStreamSlice slice = whenCommitting(fault, deposit(ADA, any(), 1));

        assertStoredOnce(slice);
    }

    @Test
    void an_append_in_any_version_that_is_not_found_may_still_come_and_nobody_denies_it() {
        AppendOutcomeUnknownException unknown = catchThrowableOfType(
                AppendOutcomeUnknownException.class, () -> whenCommitting(Fault.LOST_BEFORE, deposit(ADA, any(), 1)));

        assertThat(log()).isEmpty();
        assertThat(pauses).containsExactly(0L, 100L, 500L, 1_500L);
        assertThat(unknown.eventIds()).hasSize(1);
        assertThat(unknown.writes().streams()).containsOnlyKeys(ADA);
    }

    @ParameterizedTest
    @EnumSource(names = {"LOST_BEFORE", "LOST_AFTER", "LATE"})
    void one_exact_stream_is_enough_to_settle_an_append(Fault fault) {
        StreamWrites mixed = StreamWrites.empty()
                .registerStream(ADA, any())
                .registerStream(BOB, noStream())
                .append(new Deposited(ADA, 1))
                .append(new Deposited(BOB, 2));

        EventStreamSlice slice = whenCommitting(fault, mixed);
        faulty.finishLate();

        assertStoredOnce(slice);
    }

    /** The lost session might yet find what it expects, so its append is not known to have failed. */
    @Test
    void a_conflict_that_may_resolve_itself_settles_nothing() {
        assertThatExceptionOfType(AppendOutcomeUnknownException.class)
                .isThrownBy(() -> whenCommittingOrExecuting(deposit(ADA, exactly(5), 1)));
        database().store(prefix).appendEvents(deposit(BOB, noStream(), 1));
        assertThatExceptionOfType(VersionConflictException.class)
                .isThrownBy(() -> whenCommittingOrExecuting(deposit(BOB, noStream(), 1)));
    }

    private void whenCommittingOrExecuting(StreamWrites writes) {
        // A conflict commits nothing on some engines: the connection is lost when it is asked for.
        faulty.plan(FaultPlan.once(JdbcCall.EXECUTE, 1, Fault.LOST_BEFORE));
        store.appendEvents(writes);
    }

    @Test
    void an_append_that_cannot_be_settled_is_settled_by_repeating_it() {
        for (Fault fault : new Fault[] {Fault.LOST_BEFORE, Fault.LOST_AFTER}) {
            StreamId account = StreamId.of("account-" + fault);
            boolean[] down = {false};
            faulty.plan(call -> {
                if (call == JdbcCall.CONNECT) {
                    return down[0] ? Fault.REFUSED : Fault.NONE;
                }
                boolean lost = call == committingCall();
                down[0] |= lost;
                return lost ? fault : Fault.NONE;
            });
            AppendOutcomeUnknownException unknown = catchThrowableOfType(
                    AppendOutcomeUnknownException.class, () -> store.appendEvents(deposit(account, noStream(), 1)));
            faulty.plan(FaultPlan.none());

            EventStreamSlice settled = store.appendEvents(unknown.writes());

            assertThat(settled.events().get(0).id())
                    .isEqualTo(unknown.eventIds().get(0));
            assertThat(store.appendEvents(unknown.writes())).isEqualTo(settled);
            assertThat(store.streamVersion(account).value()).isEqualTo(1);
            assertThat(unknown.getSuppressed()).hasSize(4);
        }
    }

    @Test
    void after_an_interruption_nothing_is_settled_any_more() {
        EventStore interrupted = TestDatabase.builder(faulty, prefix)
                .settlingPause(millis -> {
                    throw new InterruptedException();
                })
                .build();
        faulty.plan(FaultPlan.once(committingCall(), 1, Fault.LOST_AFTER));

        assertThatExceptionOfType(AppendOutcomeUnknownException.class)
                .isThrownBy(() -> interrupted.appendEvents(deposit(ADA, noStream(), 1)));
        assertThat(Thread.interrupted()).isTrue();
    }

    @ParameterizedTest
    @EnumSource(names = {"DISK_FULL", "READ_ONLY"})
    void what_the_database_refuses_is_said_and_not_repeated(Fault fault) {
        faulty.plan(call -> call == JdbcCall.EXECUTE ? fault : Fault.NONE);

        assertThatExceptionOfType(EventStoreUnavailableException.class)
                .isThrownBy(() -> store.appendEvents(deposit(ADA, noStream(), 1)))
                .withMessageContaining(fault.sqlState());

        faulty.plan(FaultPlan.none());
        assertThat(log()).isEmpty();
        store.appendEvents(deposit(ADA, noStream(), 1));
        assertThat(log()).hasSize(1);
    }

    @Test
    void no_connection_is_said_and_not_waited_for_twice() {
        int[] connections = {0};
        faulty.plan(call -> {
            if (call == JdbcCall.CONNECT) {
                connections[0]++;
                return Fault.REFUSED;
            }
            return Fault.NONE;
        });

        assertThatExceptionOfType(EventStoreUnavailableException.class)
                .isThrownBy(() -> store.appendEvents(deposit(ADA, noStream(), 1)))
                .withMessageContaining("No connection")
                .withCauseInstanceOf(SQLException.class);
        assertThat(connections[0]).isEqualTo(1);
    }

    /** One who waited as long as was allowed decides whether to wait again. */
    @Test
    void a_time_out_is_passing_and_not_waited_for_again() {
        EventStore alone = withoutGroups();
        faulty.plan(FaultPlan.once(JdbcCall.EXECUTE, 1, Fault.TIMEOUT));

        assertThatExceptionOfType(TransientEventStoreException.class)
                .isThrownBy(() -> alone.appendEvents(deposit(ADA, noStream(), 1)));
        assertThat(log()).isEmpty();
        alone.appendEvents(deposit(ADA, noStream(), 1));
    }

    @Test
    void a_rolled_back_append_is_sent_three_times_at_most() {
        EventStore alone = withoutGroups();
        int[] deadlocks = {0};
        faulty.plan(call -> call == JdbcCall.EXECUTE && deadlocks[0]++ >= 0 ? Fault.DEADLOCK : Fault.NONE);

        assertThatExceptionOfType(TransientEventStoreException.class)
                .isThrownBy(() -> alone.appendEvents(deposit(ADA, noStream(), 1)));
        assertThat(deadlocks[0]).isEqualTo(3);
        faulty.plan(FaultPlan.none());
        assertThat(log()).isEmpty();
    }

    @Test
    void a_rolled_back_append_is_not_repeated_where_the_caller_repeats() {
        EventStore alone = withoutGroups();
        int[] deadlocks = {0};
        faulty.plan(call -> call == JdbcCall.EXECUTE && deadlocks[0]++ >= 0 ? Fault.DEADLOCK : Fault.NONE);

        assertThatExceptionOfType(TransientEventStoreException.class)
                .isThrownBy(() -> CallerRetries.during(() -> alone.appendEvents(deposit(ADA, noStream(), 1))));
        assertThat(deadlocks[0]).isEqualTo(1);
    }

    @Test
    void a_connection_that_cannot_be_given_back_takes_nothing_back() {
        faulty.plan(FaultPlan.once(JdbcCall.CLOSE, 1, Fault.LOST_AFTER));

        assertStoredOnce(store.appendEvents(deposit(ADA, noStream(), 1)));
    }

    @Test
    void a_read_that_breaks_is_passing() {
        store.appendEvents(deposit(ADA, noStream(), 1));

        for (JdbcCall call : new JdbcCall[] {JdbcCall.EXECUTE, JdbcCall.FETCH}) {
            faulty.plan(FaultPlan.once(call, 1, Fault.LOST_AFTER));
            assertThatExceptionOfType(TransientEventStoreException.class)
                    .isThrownBy(() -> store.readStream(ADA, LedgerEvent.class).toList());
            faulty.plan(FaultPlan.once(call, 1, Fault.LOST_AFTER));
            assertThatExceptionOfType(TransientEventStoreException.class)
                    .isThrownBy(() -> store.readEvents(EventFilter.all(), EventPage.first(1), LedgerEvent.class));
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"LOST_BEFORE", "LOST_AFTER", "LATE", "MUCH_LATER"})
    void with_unique_ids_an_append_in_any_version_is_settled_by_sending_it_again(Fault fault) {
        JdbcSchema.in(database().ownersDataSource(), "", prefix)
                .with(OptionalIndex.EVENT_ID)
                .create();

        EventStreamSlice slice = whenCommitting(fault, deposit(ADA, any(), 1));
        faulty.finishLate();

        assertStoredOnce(slice);
    }

    @Test
    void each_member_of_a_lost_batch_has_an_exception_of_its_own() throws Exception {
        AtomicInteger commits = new AtomicInteger();
        CountDownLatch gathered = new CountDownLatch(1);
        CountDownLatch underWay = new CountDownLatch(1);
        faulty.plan(call -> {
            if (call == JdbcCall.CONNECT && underWay.getCount() > 0) {
                underWay.countDown();
                Holder.await(gathered);
            }
            return Fault.NONE;
        });
        CompletableFuture<EventStreamSlice> leading =
                CompletableFuture.supplyAsync(() -> store.appendEvents(deposit(BOB, noStream(), 1)));
        Holder.await(underWay);
        List<AppendOutcomeUnknownException> unknown = Collections.synchronizedList(new ArrayList<>());
        List<Thread> members = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            StreamId account = account(i);
            Thread member = new Thread(() -> unknown.add(catchThrowableOfType(
                    AppendOutcomeUnknownException.class, () -> store.appendEvents(deposit(account, any(), 1)))));
            member.start();
            while (member.getState() != Thread.State.WAITING) {
                Thread.onSpinWait();
            }
            members.add(member);
        }
        // The first commit is the leader's own; after the second one, of the batch behind it, the database is gone.
        faulty.plan(call -> {
            if (call == JdbcCall.CONNECT) {
                return commits.get() > 1 ? Fault.REFUSED : Fault.NONE;
            }
            return call == committingCall() && commits.incrementAndGet() > 1 ? Fault.LOST_BEFORE : Fault.NONE;
        });
        gathered.countDown();
        leading.join();
        for (Thread member : members) {
            member.join();
        }

        assertThat(unknown).hasSize(3).doesNotHaveDuplicates().allSatisfy(exception -> {
            assertThat(exception.getSuppressed()).hasSize(4);
            assertThat(exception.getCause()).isNotNull().hasNoSuppressedExceptions();
        });
    }

    @Test
    void an_empty_pool_is_said_and_recovered_from() throws SQLException {
        HikariConfig config = new HikariConfig();
        config.setDataSource(database().dataSource());
        config.setMaximumPoolSize(2);
        config.setConnectionTimeout(250);
        try (HikariDataSource pool = new HikariDataSource(config)) {
            EventStore small = TestDatabase.store(pool, prefix);
            List<EventStoreException> failures;
            try (Connection one = pool.getConnection();
                    Connection two = pool.getConnection()) {
                assertThat(one).isNotSameAs(two);
                failures = Race.run(
                        20,
                        number -> catchThrowableOfType(
                                EventStoreException.class,
                                () -> small.appendEvents(deposit(account(number), noStream(), 1))));
            }
            assertThat(failures)
                    .hasSize(20)
                    .allSatisfy(failure -> assertThat(failure)
                            .isInstanceOf(EventStoreUnavailableException.class)
                            .hasMessageContaining("No connection"));

            assertThat(Race.run(20, number -> small.appendEvents(deposit(account(number), noStream(), 1))))
                    .hasSize(20);
        }
        assertThat(log()).hasSize(20);
    }

    @Test
    void when_the_tables_are_gone_it_is_said_and_when_they_are_back_all_is_well() {
        store.appendEvents(deposit(ADA, noStream(), 1));
        dropTables();

        assertThatExceptionOfType(EventStoreUnavailableException.class)
                .isThrownBy(() -> store.appendEvents(deposit(ADA, exactly(1), 2)));
        assertThatExceptionOfType(EventStoreUnavailableException.class).isThrownBy(this::log);

        database().createTables(prefix);
        store.appendEvents(deposit(ADA, noStream(), 3));
        assertThat(log()).hasSize(1);
    }

    private void dropTables() {
        for (String table : new String[] {"eventcore_refuse_truncate", "eventcore_event", "eventcore_stream"}) {
            TestDatabase.execute(
                    database().ownersDataSource(),
                    new TableNames("", prefix).in("DROP TABLE IF EXISTS " + table + " CASCADE"));
        }
        TestDatabase.execute(
                database().ownersDataSource(), new TableNames("", prefix).in("DROP TABLE eventcore_settings"));
    }

    private EventStore withoutGroups() {
        return TestDatabase.builder(faulty, prefix)
                .groupCommit(GroupCommitSettings.off())
                .build();
    }

    private EventStreamSlice whenCommitting(Fault fault, StreamWrites writes) {
        faulty.plan(FaultPlan.once(committingCall(), 1, fault));
        return store.appendEvents(writes);
    }

    private void assertStoredOnce(EventStreamSlice slice) {
        assertThat(log())
                .extracting(RecordedEvent::id)
                .containsExactlyElementsOf(
                        slice.events().stream().map(event -> event.id()).toList());
        assertThat(log())
                .extracting(RecordedEvent::position)
                .containsExactlyElementsOf(
                        slice.events().stream().map(event -> event.position()).toList());
    }

    private List<RecordedEvent<LedgerEvent>> log() {
        return store.readEvents(EventFilter.all(), EventPage.first(100), LedgerEvent.class)
                .events();
    }

    private static StreamId account(int number) {
        return StreamId.of("account-" + number);
    }

    private static StreamWrites deposit(StreamId account, ExpectedVersion expected, long cents) {
        return StreamWrites.to(account, expected, new Deposited(account, cents));
    }
}
