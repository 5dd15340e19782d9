package io.eventcore.test.contract;

import static io.eventcore.ExpectedVersion.any;
import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.Event;
import io.eventcore.EventBatch;
import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.EventStore;
import io.eventcore.GlobalPosition;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.projection.AppendSignal;
import io.eventcore.projection.FailureContext;
import io.eventcore.projection.FailureDecision;
import io.eventcore.projection.ParkedStream;
import io.eventcore.projection.Projection;
import io.eventcore.projection.ProjectionBuilder;
import io.eventcore.projection.ProjectionRunner;
import io.eventcore.projection.ProjectionStatus;
import io.eventcore.projection.ProjectionStore;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import io.eventcore.transaction.TransactionPhase;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.springframework.transaction.ConfigurableTransactionManager;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** Shared by the rows about a runner of projections: stores that are empty, and runners that are stopped in the end. */
abstract class ProjectionRunnerFixture {
    static final StreamId ADA = StreamId.of("account-ada");
    static final StreamId BOB = StreamId.of("account-bob");
    static final StreamId AUDIT = StreamId.of("audit");
    static final Duration PATIENCE = Duration.ofSeconds(60);

    final List<ProjectionRunner> runners = new ArrayList<>();
    private final List<CountDownLatch> gates = new ArrayList<>();
    final AppendSignal signal = new AppendSignal();
    EventStore events;
    ProjectionStore store;
    AppliedEvents applied;
    PlatformTransactionManager transactionManager;
    TransactionTemplate transaction;

    /** The contract that makes the stores. */
    abstract ProjectionRunnerContract contract();

    @BeforeEach
    void beginWithAnEmptyStore() {
        ProjectionRunnerContract contract = contract();
        events = contract.emptyStore(signal);
        store = contract.projectionStore();
        applied = contract.appliedEvents();
        transactionManager = contract.transactionManager();
        ((ConfigurableTransactionManager) transactionManager).addListener(TransactionPhase.listener());
        transaction = new TransactionTemplate(transactionManager);
    }

    @AfterEach
    void stopAllRunners() {
        gates.forEach(CountDownLatch::countDown);
        runners.forEach(ProjectionRunner::stop);
    }

    ProjectionRunner start(Projection<?> projection) {
        return start(builder(store).projection(projection));
    }

    ProjectionRunner start(ProjectionRunner.Builder builder) {
        ProjectionRunner runner = builder.build();
        runners.add(runner);
        runner.start();
        return runner;
    }

    ProjectionRunner.Builder builder(ProjectionStore projectionStore) {
        return builder(events, projectionStore);
    }

    ProjectionRunner.Builder builder(EventStore log, ProjectionStore projectionStore) {
        return ProjectionRunner.builder(log, projectionStore)
                .transactionManager(transactionManager)
                .lease(Duration.ofSeconds(2))
                .poll(Duration.ofMillis(2), Duration.ofMillis(50))
                .retryPause(Duration.ofMillis(1), Duration.ofMillis(5))
                .wokenBy(signal);
    }

    static ProjectionBuilder<LedgerEvent> ledger(String name) {
        return Projection.named(name, LedgerEvent.class);
    }

    ProjectionBuilder<LedgerEvent> appliedEventsProjection() {
        return ledger("applied").on(LedgerEvent.class, applied::add);
    }

    /** Applies everything, then fails at a version of Ada's account. */
    ProjectionBuilder<LedgerEvent> failingAt(long version) {
        return ledger("applied").on(LedgerEvent.class, event -> {
            applied.add(event);
            if (event.streamId().equals(ADA) && event.version().value() == version) {
                throw new IllegalStateException("s3cr3t");
            }
        });
    }

    static FailureDecision park(FailureContext failure, StreamId expected) {
        return failure.streamId().equals(expected) ? FailureDecision.PARK : FailureDecision.FAIL;
    }

    long waiting() {
        return store.parkedStreams("applied").stream()
                .mapToLong(ParkedStream::waiting)
                .sum();
    }

    static ProjectionStatus.Partition status(ProjectionRunner runner) {
        return runner.status().get(0).partitions().get(0);
    }

    GlobalPosition deposit(StreamId account, int times) {
        StreamWrites writes = StreamWrites.empty().registerStream(account, any());
        for (int i = 0; i < times; i++) {
            writes = writes.append(new Deposited(account, i));
        }
        return events.appendEvents(writes).lastPosition();
    }

    void awaitAllApplied() {
        awaitApplied(positions(event -> true));
    }

    void awaitApplied(List<Long> expected) {
        Eventually.until(
                "exactly these events are applied: " + expected,
                () -> applied.positions().size() >= expected.size(),
                () -> ", but " + applied.positions());
        assertThat(applied.positions()).isEqualTo(expected);
    }

    /** The positions of the wanted events in the log. */
    List<Long> positions(Wanted wanted) {
        EventBatch<Event> all = events.readEvents(EventFilter.all(), EventPage.first(1000), Event.class);
        return all.events().stream()
                .filter(wanted::wants)
                .map(event -> event.position().value())
                .toList();
    }

    interface Wanted {
        boolean wants(RecordedEvent<Event> event);
    }

    /** A gate that opens at the end at the latest, so that a runner can always stop. */
    CountDownLatch gate() {
        CountDownLatch gate = new CountDownLatch(1);
        gates.add(gate);
        return gate;
    }

    static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(60, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }
}
