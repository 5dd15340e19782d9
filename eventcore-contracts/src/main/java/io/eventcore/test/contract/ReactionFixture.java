package io.eventcore.test.contract;

import static io.eventcore.ExpectedVersion.any;
import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.EventStore;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamPrefix;
import io.eventcore.StreamWrites;
import io.eventcore.command.Command;
import io.eventcore.command.CommandExecutor;
import io.eventcore.command.Require;
import io.eventcore.command.Stream;
import io.eventcore.projection.AppendSignal;
import io.eventcore.projection.AwaitOutcome;
import io.eventcore.projection.Checkpoint;
import io.eventcore.projection.Lease;
import io.eventcore.projection.ParkedChange;
import io.eventcore.projection.ProjectionRunner;
import io.eventcore.projection.ProjectionStore;
import io.eventcore.reaction.Reaction;
import io.eventcore.reaction.ReactionBuilder;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import io.eventcore.test.contract.LedgerEvent.Withdrawn;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** Shared by the rows about reactions: a log, an executor of commands, and runners that are stopped in the end. */
abstract class ReactionFixture {
    static final StreamId ADA = StreamId.of("account-ada");
    static final StreamId TAX = StreamId.of("office-tax");
    static final StreamId BONUS = StreamId.of("office-bonus");
    static final EventFilter ACCOUNTS = EventFilter.prefix(StreamPrefix.of("account-"));
    static final String NAME = "offices";
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final List<ProjectionRunner> runners = new ArrayList<>();
    final List<CountDownLatch> gates = new ArrayList<>();
    private final AppendSignal signal = new AppendSignal();
    EventStore events;
    ProjectionStore store;
    CommandExecutor executor;

    /** The contract that makes what the rows test. */
    abstract ReactionContract contract();

    @BeforeEach
    void beginWithAnEmptyStore() {
        events = contract().emptyStore(signal);
        store = contract().projectionStore();
        executor = CommandExecutor.builder(events)
                .executedCommands(contract().executedCommands())
                .build();
    }

    @AfterEach
    void stopAllRunners() {
        gates.forEach(CountDownLatch::countDown);
        runners.forEach(ProjectionRunner::stop);
    }

    static ReactionBuilder<LedgerEvent> offices() {
        return Reaction.named(NAME, LedgerEvent.class).filter(ACCOUNTS);
    }

    static ReactionBuilder<LedgerEvent> taxes() {
        return offices().on(Deposited.class, event -> List.of(new Take(TAX, 1)));
    }

    ProjectionRunner start(ProjectionStore projectionStore, Reaction<?> reaction) {
        return started(builder(projectionStore).projection(Reaction.asProjection(reaction, executor)));
    }

    ProjectionRunner.Builder builder(ProjectionStore projectionStore) {
        return builder(events, projectionStore);
    }

    ProjectionRunner.Builder builder(EventStore log, ProjectionStore projectionStore) {
        return ProjectionRunner.builder(log, projectionStore)
                .lease(Duration.ofMillis(600))
                .poll(Duration.ofMillis(2), Duration.ofMillis(50))
                .retryPause(Duration.ofMillis(1), Duration.ofMillis(5))
                .wokenBy(signal);
    }

    ProjectionRunner started(ProjectionRunner.Builder builder) {
        ProjectionRunner runner = builder.build();
        runners.add(runner);
        runner.start();
        return runner;
    }

    void assertReached(ProjectionRunner runner) {
        assertThat(runner.awaitPosition(NAME, events.lastPosition(), PATIENCE)).isEqualTo(AwaitOutcome.REACHED);
    }

    /** Asserts that the tax office was called this often when everything is done. */
    void assertAnswered(ProjectionRunner runner, int times) {
        assertReached(runner);
        assertThat(versionOf(TAX)).isEqualTo(times);
    }

    void deposit(int times) {
        for (int i = 0; i < times; i++) {
            events.appendEvents(StreamWrites.to(ADA, any(), new Deposited(ADA, i)));
        }
    }

    List<RecordedEvent<LedgerEvent>> recorded(StreamId stream) {
        return events.readEvents(EventFilter.all(), EventPage.first(1000), LedgerEvent.class).events().stream()
                .filter(event -> event.streamId().equals(stream))
                .toList();
    }

    long versionOf(StreamId stream) {
        return events.streamVersion(stream).value();
    }

    /** Crashes a number of times before the checkpoint moves. */
    static class Crashing extends ForwardingProjectionStore {
        final AtomicInteger attempts = new AtomicInteger();
        final AtomicInteger crashes = new AtomicInteger();
        final int times;

        Crashing(ProjectionStore delegate, int times) {
            super(delegate);
            this.times = times;
        }

        @Override
        public boolean advance(Lease lease, Checkpoint from, Checkpoint to, List<ParkedChange> parked) {
            attempts.incrementAndGet();
            if (crashes.get() < times) {
                crashes.incrementAndGet();
                throw new IllegalStateException("crash");
            }
            return super.advance(lease, from, to, parked);
        }
    }

    record Take(@Stream StreamId office, long cents) implements Command<Long, LedgerEvent> {
        @Override
        public Long initialState() {
            return 0L;
        }

        @Override
        public Long apply(Long taken, LedgerEvent event) {
            return taken + 1;
        }

        @Override
        public List<LedgerEvent> handle(Long taken) {
            return List.of(new Withdrawn(office, cents));
        }
    }

    record Refused(@Stream StreamId office) implements Command<Long, LedgerEvent> {
        @Override
        public Long initialState() {
            return 0L;
        }

        @Override
        public Long apply(Long state, LedgerEvent event) {
            return state;
        }

        @Override
        public List<LedgerEvent> handle(Long state) {
            Require.that(false, "The office is closed");
            return List.of();
        }
    }
}
