package io.eventcore.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.EventStore;
import io.eventcore.ExpectedVersion;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.projection.AppendSignal;
import io.eventcore.projection.FailureDecision;
import io.eventcore.projection.Projection;
import io.eventcore.projection.ProjectionRunner;
import io.eventcore.projection.ProjectionStore;
import io.eventcore.test.chaos.Fault;
import io.eventcore.test.chaos.FaultPlan;
import io.eventcore.test.chaos.FaultyDataSource;
import io.eventcore.test.chaos.JdbcCall;
import io.eventcore.test.contract.Eventually;
import io.eventcore.test.contract.LedgerEvent;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Two instances in one process run two projections, while statements about leases and checkpoints fail: each call once,
 * and any call by chance. However memory and rows come to disagree about who has which lease, the projections go on.
 */
class LeaseFaultsTest {
    private static final TestDatabase DATABASE = H2Database.INSTANCE;
    private static final StreamId ADA = StreamId.of("account-ada");

    private final String prefix = DATABASE.newTables();
    private final AppendSignal signal = new AppendSignal();
    private final EventStore events = DATABASE.store(prefix, signal);
    private final FaultyDataSource faulty = new FaultyDataSource(DATABASE.dataSource(), FaultPlan.none());
    private final Set<Long> one = ConcurrentHashMap.newKeySet();
    private final Set<Long> other = ConcurrentHashMap.newKeySet();
    private final List<ProjectionRunner> runners = new ArrayList<>();

    @AfterEach
    void stop() {
        faulty.plan(FaultPlan.none());
        runners.forEach(ProjectionRunner::stop);
    }

    @Test
    void each_call_may_fail_once() {
        startTwo();
        for (JdbcCall call : List.of(JdbcCall.CONNECT, JdbcCall.EXECUTE, JdbcCall.FETCH, JdbcCall.CLOSE)) {
            for (int number = 1; number <= 3; number++) {
                for (Fault fault : call.faults().stream().limit(2).toList()) {
                    moveLeasesUnder(FaultPlan.once(call, number, fault));
                }
            }
        }
    }

    @Test
    @Tag("faults")
    void each_call_may_fail_once_in_every_way() {
        startTwo();
        for (JdbcCall call : JdbcCall.values()) {
            for (Fault fault : call.faults()) {
                for (int number = 1; number <= 8; number++) {
                    moveLeasesUnder(FaultPlan.once(call, number, fault));
                }
            }
        }
    }

    @Test
    @Tag("faults")
    void any_call_may_fail_by_chance() {
        startTwo();
        for (long seed = 0; seed < 40; seed++) {
            moveLeasesUnder(FaultPlan.seeded(seed, 0.3));
        }
    }

    @Test
    void some_calls_fail_by_chance() {
        startTwo();
        for (long seed = 0; seed < 4; seed++) {
            moveLeasesUnder(FaultPlan.seeded(seed, 0.2));
        }
    }

    /** Pausing and resuming lets leases be given back and taken; then everything has to go on. */
    private void moveLeasesUnder(FaultPlan plan) {
        ProjectionStore operator = DATABASE.projectionStore(prefix);
        faulty.plan(plan);
        operator.setPaused("one", true);
        deposit();
        letThemWork();
        operator.setPaused("one", false);
        letThemWork();
        faulty.plan(FaultPlan.none());
        faulty.finishLate();

        long last = deposit();

        Eventually.until("projection 'one' goes on", () -> one.contains(last), () -> operator.partitions());
        Eventually.until("projection 'other' goes on", () -> other.contains(last), () -> operator.partitions());
    }

    /** Whether the fault meets them now or later does not matter; most often it does now. */
    private static void letThemWork() {
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(60));
    }

    private long deposit() {
        return events.appendEvents(StreamWrites.to(ADA, ExpectedVersion.any(), new LedgerEvent.Deposited(ADA, 1)))
                .lastPosition()
                .value();
    }

    private void startTwo() {
        for (int i = 0; i < 2; i++) {
            ProjectionRunner runner = ProjectionRunner.builder(
                            events, TestDatabase.jdbc(faulty, prefix).projectionStore())
                    .lease(Duration.ofMillis(200))
                    .poll(Duration.ofMillis(2), Duration.ofMillis(20))
                    .retryPause(Duration.ofMillis(1), Duration.ofMillis(50))
                    .wokenBy(signal)
                    .projection(collecting("one", one))
                    .projection(collecting("other", other))
                    .build();
            runners.add(runner);
            runner.start();
        }
        long last = deposit();
        Eventually.until("both projections run", () -> one.contains(last) && other.contains(last));
        assertThat(runners).hasSize(2);
    }

    private static Projection<LedgerEvent> collecting(String name, Set<Long> seen) {
        return Projection.named(name, LedgerEvent.class)
                .atLeastOnce()
                .on(LedgerEvent.class, event -> seen.add(event.position().value()))
                .onError(failure -> FailureDecision.RETRY)
                .build();
    }
}
