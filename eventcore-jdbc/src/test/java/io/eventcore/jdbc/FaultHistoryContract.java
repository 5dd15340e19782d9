package io.eventcore.jdbc;

import static io.eventcore.ExpectedVersion.any;
import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.Event;
import io.eventcore.EventFilter;
import io.eventcore.EventStore;
import io.eventcore.GlobalPosition;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.jdbc.History.Told;
import io.eventcore.test.chaos.Fault;
import io.eventcore.test.chaos.FaultPlan;
import io.eventcore.test.chaos.FaultyDataSource;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import io.eventcore.test.contract.Race;
import io.eventcore.transaction.TransactionPhase;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.support.JdbcTransactionManager;

/**
 * Banks whose database fails at every turn, and what their clients were told.
 *
 * <p>{@code -Deventcore.test.seed=N} replays one seed: same operations, same faults.
 */
abstract class FaultHistoryContract {
    private static final int SEEDS = 200;

    /** So many of them run each time, the others in the profile {@code faults}. */
    private static final int FIRST = 50;

    private static final int OPERATIONS = 30;
    private static final double PROBABILITY = 0.03;

    /** Where the log ended when it was last looked at. */
    private GlobalPosition end = GlobalPosition.START;

    abstract TestDatabase database();

    @Test
    void no_fault_breaks_a_promise() {
        assertKept(1, FIRST);
    }

    @Test
    @Tag("faults")
    void no_fault_of_many_more_breaks_a_promise() {
        assertKept(FIRST + 1, SEEDS);
    }

    private void assertKept(int first, int last) {
        Long replayed = Long.getLong("eventcore.test.seed");
        long[] seeds = replayed == null ? LongStream.rangeClosed(first, last).toArray() : new long[] {replayed};
        String prefix = newTables();
        long stored = 0;
        long unknown = 0;
        for (long seed : seeds) {
            // Small tables, since every bank reads the log.
            prefix = seed % 10 == 0 ? newTables() : prefix;
            History history = new History();
            List<String> violations = run(prefix, seed, history, UnaryOperator.identity());
            assertThat(violations).as("seed %d", seed).isEmpty();
            stored += history.count(Told.STORED);
            unknown += history.count(Told.UNKNOWN);
        }
        // Guards the test itself: faults must neither stop everything nor leave most of it open.
        if (replayed == null) {
            assertThat(stored).isGreaterThan((long) seeds.length * OPERATIONS / 4);
            assertThat(unknown).isLessThan(stored / 4);
        }
    }

    @Test
    void a_store_that_takes_an_unknown_outcome_for_success_is_caught() {
        String prefix = newTables();

        assertThat(firstViolations(prefix, LyingStores::saysStoredWhateverHappened))
                .anyMatch(v -> v.startsWith("LOST"));
    }

    @Test
    void a_store_that_repeats_an_append_under_new_ids_is_caught() {
        String prefix = newTables();

        assertThat(firstViolations(prefix, LyingStores::repeatsUnderNewIds)).anyMatch(v -> v.startsWith("GHOST"));
    }

    @Test
    void clients_that_share_a_failing_store_are_told_the_truth() {
        String prefix = newTables();
        for (long seed = 1; seed <= 5; seed++) {
            long run = seed;
            FaultyDataSource faulty = new FaultyDataSource(database().expendableDataSource(), FaultPlan.none());
            EventStore store = storeOn(faulty, prefix);
            History history = new History();
            GlobalPosition begin = end(prefix);
            // Two that create the same streams in different orders wait for each other on H2 until a time-out ends it.
            for (StreamId account : BankClient.accounts("shared" + run)) {
                StreamWrites opening = StreamWrites.to(account, any(), new Deposited(account, 0));
                history.begin(opening).stored(store.appendEvents(opening));
            }
            faulty.plan(withoutLateCalls(FaultPlan.seeded(seed, PROBABILITY)));
            Race.run(4, number -> {
                BankClient client =
                        new BankClient(store, transactions(faulty), history, run * 10 + number, "shared" + run);
                for (int i = 0; i < OPERATIONS; i++) {
                    client.act();
                }
                return number;
            });

            assertThat(settledAndChecked(prefix, begin, begin, faulty, history))
                    .as("seed %d", seed)
                    .isEmpty();
        }
    }

    /** A call that comes late keeps its locks until its client calls again, and that one may be waiting for them here. */
    private static FaultPlan withoutLateCalls(FaultPlan plan) {
        return call -> {
            Fault fault = plan.next(call);
            return fault == Fault.LATE || fault == Fault.MUCH_LATER ? Fault.LOST_AFTER : fault;
        };
    }

    private String newTables() {
        end = GlobalPosition.START;
        return database().newTables();
    }

    private List<String> firstViolations(String prefix, UnaryOperator<EventStore> mutant) {
        return LongStream.rangeClosed(1, SEEDS)
                .mapToObj(seed -> run(prefix, seed, new History(), mutant))
                .filter(violations -> !violations.isEmpty())
                .findFirst()
                .orElse(List.of());
    }

    private List<String> run(String prefix, long seed, History history, UnaryOperator<EventStore> mutant) {
        FaultyDataSource faulty = new FaultyDataSource(database().expendableDataSource(), FaultPlan.none());
        EventStore store = mutant.apply(storeOn(faulty, prefix));
        GlobalPosition begin = end(prefix);
        BankClient client = new BankClient(store, transactions(faulty), history, seed, "bank" + seed + prefix);
        faulty.plan(FaultPlan.seeded(seed, PROBABILITY));
        GlobalPosition read = begin;
        for (int i = 0; i < OPERATIONS; i++) {
            client.act();
            read = BankClient.read(store, read, history);
        }
        return settledAndChecked(prefix, begin, read, faulty, history);
    }

    private List<String> settledAndChecked(
            String prefix, GlobalPosition begin, GlobalPosition read, FaultyDataSource faulty, History history) {
        faulty.plan(FaultPlan.none());
        faulty.finishLate();
        EventStore sound = database().store(prefix);
        BankClient.settle(history, sound);
        List<RecordedEvent<Event>> log = log(sound, begin);
        history.deliver(log(sound, read));
        return history.violations(log);
    }

    private static JdbcTransactionManager transactions(FaultyDataSource dataSource) {
        JdbcTransactionManager manager = new JdbcTransactionManager(dataSource);
        manager.addListener(TransactionPhase.listener());
        return manager;
    }

    private static EventStore storeOn(FaultyDataSource faulty, String prefix) {
        return TestDatabase.builder(faulty, prefix).settlingPause(millis -> {}).build();
    }

    private GlobalPosition end(String prefix) {
        List<RecordedEvent<Event>> log = log(database().store(prefix), end);
        if (!log.isEmpty()) {
            end = log.get(log.size() - 1).position();
        }
        return end;
    }

    private static List<RecordedEvent<Event>> log(EventStore store, GlobalPosition after) {
        return WholeLog.after(after, store, EventFilter.all(), Event.class);
    }
}
