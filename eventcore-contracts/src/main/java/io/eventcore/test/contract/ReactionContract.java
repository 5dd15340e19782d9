package io.eventcore.test.contract;

import static io.eventcore.ExpectedVersion.any;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.eventcore.EventFilter;
import io.eventcore.EventMetadata;
import io.eventcore.EventPage;
import io.eventcore.EventStore;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamPrefix;
import io.eventcore.StreamWrites;
import io.eventcore.command.Command;
import io.eventcore.command.CommandContext;
import io.eventcore.command.CommandExecutor;
import io.eventcore.command.ExecutedCommands;
import io.eventcore.command.Require;
import io.eventcore.command.Stream;
import io.eventcore.projection.AppendSignal;
import io.eventcore.projection.AwaitOutcome;
import io.eventcore.projection.Checkpoint;
import io.eventcore.projection.FailureDecision;
import io.eventcore.projection.Lease;
import io.eventcore.projection.ParkedChange;
import io.eventcore.projection.Projection;
import io.eventcore.projection.ProjectionRunner;
import io.eventcore.projection.ProjectionState;
import io.eventcore.projection.ProjectionStore;
import io.eventcore.reaction.Reaction;
import io.eventcore.reaction.ReactionBuilder;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import io.eventcore.test.contract.LedgerEvent.Withdrawn;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What reactions promise over a store of events, a store of checkpoints and a memory of executed commands: every event is
 * answered, and every command of an answer is executed once.
 *
 * @since 0.1
 */
public abstract class ReactionContract {
    private static final StreamId ADA = StreamId.of("account-ada");
    private static final StreamId TAX = StreamId.of("office-tax");
    private static final StreamId BONUS = StreamId.of("office-bonus");
    private static final EventFilter ACCOUNTS = EventFilter.prefix(StreamPrefix.of("account-"));
    private static final String NAME = "offices";
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    /** What commands count stands here: all that is in a command makes it the command it is. */
    private static final AtomicInteger CRASHES_LEFT = new AtomicInteger();

    private static final AtomicInteger DECISIONS = new AtomicInteger();

    private final List<ProjectionRunner> runners = new ArrayList<>();
    private final List<CountDownLatch> gates = new ArrayList<>();
    private final AppendSignal signal = new AppendSignal();
    private EventStore events;
    private ProjectionStore store;
    private CommandExecutor executor;

    /** For subclasses. */
    protected ReactionContract() {}

    /** A store without events that knows {@link LedgerEvent#types()} and tells this signal of its commits. */
    protected abstract EventStore emptyStore(AppendSignal appendSignal);

    /** A store of checkpoints in the same place, empty; asked after {@link #emptyStore}. */
    protected abstract ProjectionStore projectionStore();

    /** What remembers the commands on that store; asked after {@link #emptyStore}. */
    protected abstract ExecutedCommands executedCommands();

    @BeforeEach
    void beginWithAnEmptyStore() {
        events = emptyStore(signal);
        store = projectionStore();
        executor = CommandExecutor.builder(events)
                .executedCommands(executedCommands())
                .build();
    }

    @AfterEach
    void stopAllRunners() {
        gates.forEach(CountDownLatch::countDown);
        runners.forEach(ProjectionRunner::stop);
    }

    @Test
    void every_event_is_answered_once_first_the_old_ones_then_the_new_ones() {
        deposit(3);

        ProjectionRunner runner = start(store, taxes().build());
        assertAnswered(runner, 3);
        deposit(2);

        assertAnswered(runner, 5);
    }

    @Test
    void the_event_is_the_cause_of_its_commands_and_they_stay_in_its_conversation() {
        StreamWrites writes = StreamWrites.empty()
                .withMetadata(EventMetadata.empty()
                        .withCorrelationId("order-7")
                        .withTenant("acme")
                        .withActor("ada"))
                .registerStream(ADA, any())
                .append(new Deposited(ADA, 0));
        events.appendEvents(writes);

        assertAnswered(start(store, taxes().build()), 1);

        RecordedEvent<LedgerEvent> cause = recorded(ADA).get(0);
        EventMetadata metadata = recorded(TAX).get(0).metadata();
        assertThat(metadata.causationId()).contains(cause.id().toString());
        assertThat(metadata.correlationId()).contains("order-7");
        assertThat(metadata.tenant()).contains("acme");
        assertThat(metadata.actor()).isEmpty();
    }

    @Test
    void a_command_that_any_projection_executes_names_the_event_as_its_cause() {
        deposit(1);
        ProjectionRunner runner = started(builder(store)
                .projection(Projection.named(NAME, LedgerEvent.class)
                        .filter(ACCOUNTS)
                        .atLeastOnce()
                        .on(LedgerEvent.class, event -> executor.execute(new Take(TAX, 1)))
                        .build()));

        assertAnswered(runner, 1);

        assertThat(recorded(TAX).get(0).metadata().causationId())
                .contains(recorded(ADA).get(0).id().toString());
        executor.execute(new Take(BONUS, 1));
        assertThat(recorded(BONUS).get(0).metadata().causationId()).isEmpty();
    }

    @Test
    void what_a_reaction_says_about_its_commands_goes_with_them() {
        deposit(1);
        Reaction<LedgerEvent> audited = new Reaction<>() {
            @Override
            public String name() {
                return NAME;
            }

            @Override
            public Class<LedgerEvent> eventType() {
                return LedgerEvent.class;
            }

            @Override
            public EventFilter filter() {
                return ACCOUNTS;
            }

            @Override
            public List<? extends Command<?, ?>> react(RecordedEvent<LedgerEvent> event) {
                return List.of(new Take(TAX, 1));
            }

            @Override
            public CommandContext context(RecordedEvent<LedgerEvent> event) {
                return CommandContext.causedBy(event).withActor("the tax office");
            }
        };

        assertAnswered(start(store, audited), 1);

        EventMetadata metadata = recorded(TAX).get(0).metadata();
        assertThat(metadata.actor()).contains("the tax office");
        assertThat(metadata.causationId()).isPresent();
    }

    @Test
    void a_crash_between_a_command_and_the_checkpoint_executes_nothing_twice() {
        deposit(7);
        Crashing crashing = new Crashing(store, 3);

        ProjectionRunner runner = start(crashing, taxes().build());

        assertAnswered(runner, 7);
        assertThat(crashing.crashes).hasValue(3);
    }

    @Test
    void an_instance_that_dies_before_its_checkpoint_leaves_nothing_to_be_done_twice() {
        deposit(5);
        Crashing dying = new Crashing(store, Integer.MAX_VALUE);
        ProjectionRunner first = start(dying, taxes().build());
        Eventually.until("it has answered, and died", () -> dying.crashes.get() > 1);
        first.stop();

        ProjectionRunner second = start(store, taxes().build());
        deposit(1);

        assertAnswered(second, 6);
    }

    @Test
    void a_crash_between_two_commands_of_an_event_executes_each_of_them_once() {
        CRASHES_LEFT.set(2);
        deposit(3);

        ProjectionRunner runner = start(
                store,
                offices()
                        .on(Deposited.class, event -> List.of(new Take(TAX, 1), new Crash(BONUS), new Take(BONUS, 1)))
                        .build());

        assertAnswered(runner, 3);
        assertThat(versionOf(BONUS)).isEqualTo(3);
        assertThat(CRASHES_LEFT.get()).isNotPositive();
    }

    @Test
    void an_owner_that_freezes_in_an_answer_is_replaced_and_executes_nothing_twice_when_it_wakes_up() {
        deposit(4);
        CountDownLatch frozen = new CountDownLatch(1);
        CountDownLatch wakeUp = gate();
        AtomicBoolean asleep = new AtomicBoolean();
        Crashing freezer = new Crashing(store, 0) {
            @Override
            public boolean renew(List<Lease> leases, Duration length) {
                return asleep.get() || super.renew(leases, length);
            }
        };
        CountDownLatch woken = new CountDownLatch(1);
        start(
                freezer,
                offices()
                        .on(Deposited.class, event -> {
                            if (frozen.getCount() > 0) {
                                asleep.set(true);
                                frozen.countDown();
                                await(wakeUp);
                                woken.countDown();
                            }
                            return List.of(new Take(TAX, 1), new Take(BONUS, 1));
                        })
                        .build());
        await(frozen);

        ProjectionRunner second = start(
                store,
                offices()
                        .on(Deposited.class, event -> List.of(new Take(TAX, 1), new Take(BONUS, 1)))
                        .build());
        assertAnswered(second, 4);
        wakeUp.countDown();
        await(woken);
        Eventually.until("the frozen owner has tried to move the checkpoint", () -> freezer.attempts.get() > 0);

        assertThat(versionOf(TAX)).isEqualTo(4);
        assertThat(versionOf(BONUS)).isEqualTo(4);
    }

    @Test
    void a_command_that_writes_nothing_is_not_decided_again_either() {
        DECISIONS.set(0);
        deposit(1);
        Crashing crashing = new Crashing(store, 1);

        ProjectionRunner runner = start(
                crashing,
                offices().on(Deposited.class, event -> List.of(new Look(TAX))).build());

        assertReached(runner);
        assertThat(crashing.crashes).hasValue(1);
        assertThat(DECISIONS).hasValue(1);
    }

    @Test
    void an_answer_that_changes_is_refused_and_not_executed_as_well() {
        deposit(1);
        AtomicInteger calls = new AtomicInteger();

        ProjectionRunner runner = start(
                new Crashing(store, 1),
                offices()
                        .on(Deposited.class, event -> List.of(new Take(TAX, calls.incrementAndGet())))
                        .onError(failure -> FailureDecision.FAIL)
                        .build());

        Eventually.until("it has stopped", () -> stateOf(runner) == ProjectionState.FAILED);
        assertThat(runner.status().get(0).partitions().get(0).lastFailure()).contains("CommandIdReusedException");
        assertThat(versionOf(TAX)).isEqualTo(1);
    }

    @Test
    void a_rejection_by_the_domain_stops_the_reaction_unless_it_decides_otherwise() {
        deposit(2);

        ProjectionRunner stopped = start(
                store,
                offices()
                        .on(Deposited.class, event -> List.of(new Refused(TAX)))
                        .build());
        Eventually.until("it has stopped", () -> stateOf(stopped) == ProjectionState.FAILED);
        stopped.stop();

        ProjectionRunner skipping = start(
                store,
                offices()
                        .on(
                                Deposited.class,
                                event -> List.of(event.version().value() == 1 ? new Refused(TAX) : new Take(TAX, 1)))
                        .onError(failure -> FailureDecision.SKIP)
                        .build());

        assertAnswered(skipping, 1);
    }

    @Test
    void a_parked_stream_is_answered_in_order_once_it_is_retried() {
        AtomicBoolean refusing = new AtomicBoolean(true);
        deposit(3);
        ProjectionRunner runner = start(
                store,
                offices()
                        .on(
                                Deposited.class,
                                event -> List.of(
                                        new Take(TAX, event.version().value()),
                                        refusing.get() ? new Refused(BONUS) : new Take(BONUS, 1)))
                        .onError(failure -> FailureDecision.PARK)
                        .build());
        Eventually.until(
                "the stream waits",
                () -> runner.parkedStreams(NAME).stream().anyMatch(stream -> stream.waiting() == 3));

        refusing.set(false);
        assertThat(runner.retryParked(NAME, ADA)).isTrue();

        Eventually.until("it goes on", () -> runner.parkedStreams(NAME).isEmpty());
        assertThat(recorded(TAX))
                .extracting(event -> ((Withdrawn) event.event()).cents())
                .containsExactly(1L, 2L, 3L);
        assertThat(versionOf(BONUS)).isEqualTo(3);
    }

    @Test
    void a_crash_while_a_parked_stream_is_retried_executes_nothing_twice() {
        AtomicBoolean refusing = new AtomicBoolean(true);
        deposit(3);
        AtomicInteger crashes = new AtomicInteger();
        ProjectionRunner runner = start(
                new ForwardingProjectionStore(store) {
                    @Override
                    public boolean advance(Lease lease, Checkpoint from, Checkpoint to, List<ParkedChange> parked) {
                        boolean applied = parked.stream()
                                .anyMatch(change -> change instanceof ParkedChange.Changed changed
                                        && changed.to().waiting()
                                                < changed.from().waiting());
                        if (applied && crashes.incrementAndGet() <= 2) {
                            throw new IllegalStateException("crash");
                        }
                        return super.advance(lease, from, to, parked);
                    }
                },
                offices()
                        .on(
                                Deposited.class,
                                event -> List.of(
                                        new Take(TAX, event.version().value()),
                                        refusing.get() ? new Refused(BONUS) : new Take(BONUS, 1)))
                        .onError(failure -> FailureDecision.PARK)
                        .build());
        Eventually.until(
                "the stream waits",
                () -> runner.parkedStreams(NAME).stream().anyMatch(stream -> stream.waiting() == 3));

        refusing.set(false);
        assertThat(runner.retryParked(NAME, ADA)).isTrue();

        Eventually.until("it goes on", () -> runner.parkedStreams(NAME).isEmpty());
        assertThat(crashes).hasValueGreaterThan(2);
        assertThat(recorded(TAX))
                .extracting(event -> ((Withdrawn) event.event()).cents())
                .containsExactly(1L, 2L, 3L);
        assertThat(versionOf(BONUS)).isEqualTo(3);
    }

    @Test
    void events_from_before_the_reaction_began_are_passed_over() {
        deposit(2);
        Instant since = recorded(ADA).get(1).recordedAt().plusNanos(1000);
        Eventually.until("the clock has moved on", () -> {
            deposit(1);
            return !recorded(ADA).get((int) versionOf(ADA) - 1).recordedAt().isBefore(since);
        });
        long newOnes = recorded(ADA).stream()
                .filter(event -> !event.recordedAt().isBefore(since))
                .count();

        assertAnswered(start(store, taxes().since(since).build()), (int) newOnes);
        assertThat(newOnes).isPositive().isLessThan(versionOf(ADA));
    }

    @Test
    void all_parts_of_a_divided_reaction_answer() {
        for (int i = 0; i < 20; i++) {
            StreamId account = StreamId.of("account-" + i);
            events.appendEvents(StreamWrites.to(account, any(), new Deposited(account, 1)));
        }

        assertAnswered(start(store, taxes().partitions(4).build()), 20);
    }

    @Test
    void a_reaction_cannot_be_reset() {
        deposit(1);
        ProjectionRunner runner = start(store, taxes().build());
        assertAnswered(runner, 1);

        assertThatExceptionOfType(UnsupportedOperationException.class)
                .isThrownBy(() -> runner.reset(NAME))
                .withMessageContaining(NAME);
        deposit(1);

        assertAnswered(runner, 2);
    }

    private static ReactionBuilder<LedgerEvent> offices() {
        return Reaction.named(NAME, LedgerEvent.class).filter(ACCOUNTS);
    }

    private static ReactionBuilder<LedgerEvent> taxes() {
        return offices().on(Deposited.class, event -> List.of(new Take(TAX, 1)));
    }

    private ProjectionRunner start(ProjectionStore projectionStore, Reaction<?> reaction) {
        return started(builder(projectionStore).projection(Reaction.asProjection(reaction, executor)));
    }

    private ProjectionRunner.Builder builder(ProjectionStore projectionStore) {
        return ProjectionRunner.builder(events, projectionStore)
                .lease(Duration.ofMillis(600))
                .poll(Duration.ofMillis(2), Duration.ofMillis(50))
                .retryPause(Duration.ofMillis(1), Duration.ofMillis(5))
                .wokenBy(signal);
    }

    private ProjectionRunner started(ProjectionRunner.Builder builder) {
        ProjectionRunner runner = builder.build();
        runners.add(runner);
        runner.start();
        return runner;
    }

    private void assertReached(ProjectionRunner runner) {
        assertThat(runner.awaitPosition(NAME, events.lastPosition(), PATIENCE)).isEqualTo(AwaitOutcome.REACHED);
    }

    /** The tax office was called this often, when all is done. */
    private void assertAnswered(ProjectionRunner runner, int times) {
        assertReached(runner);
        assertThat(versionOf(TAX)).isEqualTo(times);
    }

    private static ProjectionState stateOf(ProjectionRunner runner) {
        return runner.status().get(0).partitions().get(0).state();
    }

    private void deposit(int times) {
        for (int i = 0; i < times; i++) {
            events.appendEvents(StreamWrites.to(ADA, any(), new Deposited(ADA, i)));
        }
    }

    private List<RecordedEvent<LedgerEvent>> recorded(StreamId stream) {
        return events.readEvents(EventFilter.all(), EventPage.first(1000), LedgerEvent.class).events().stream()
                .filter(event -> event.streamId().equals(stream))
                .toList();
    }

    private long versionOf(StreamId stream) {
        return events.streamVersion(stream).value();
    }

    private CountDownLatch gate() {
        CountDownLatch gate = new CountDownLatch(1);
        gates.add(gate);
        return gate;
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(60, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    /** Crashes before the checkpoint moves, a number of times. */
    private static class Crashing extends ForwardingProjectionStore {
        private final AtomicInteger attempts = new AtomicInteger();
        private final AtomicInteger crashes = new AtomicInteger();
        private final int times;

        private Crashing(ProjectionStore delegate, int times) {
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

    private record Take(@Stream StreamId office, long cents) implements Command<Long, LedgerEvent> {
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

    /** Fails a number of times as a process fails that dies: not by a decision of the domain. */
    private record Crash(@Stream StreamId office) implements Command<Long, LedgerEvent> {
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
            if (CRASHES_LEFT.getAndDecrement() > 0) {
                throw new IllegalStateException("crash");
            }
            return List.of();
        }
    }

    private record Look(@Stream StreamId office) implements Command<Long, LedgerEvent> {
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
            DECISIONS.incrementAndGet();
            return List.of();
        }
    }

    private record Refused(@Stream StreamId office) implements Command<Long, LedgerEvent> {
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
