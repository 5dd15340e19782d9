package io.eventcore.test.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.eventcore.EventStore;
import io.eventcore.GlobalPosition;
import io.eventcore.StreamId;
import io.eventcore.command.Command;
import io.eventcore.command.Stream;
import io.eventcore.projection.Checkpoint;
import io.eventcore.projection.FailureDecision;
import io.eventcore.projection.Lease;
import io.eventcore.projection.ParkedChange;
import io.eventcore.projection.ProjectionRunner;
import io.eventcore.projection.ProjectionState;
import io.eventcore.projection.ProjectionStatus;
import io.eventcore.reaction.Reaction;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import io.eventcore.test.contract.LedgerEvent.Withdrawn;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** No command of a reaction is executed twice, whenever its instance crashes or freezes. */
abstract class ReactionCrashesContract extends ReactionFixture {
    /** The count of the commands is here, because everything in a command is part of its identity. */
    private static final AtomicInteger CRASHES_LEFT = new AtomicInteger();

    private static final AtomicInteger DECISIONS = new AtomicInteger();

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
    void a_reaction_whose_log_was_set_back_stops_says_what_can_be_done_and_goes_on_when_it_is_resumed() {
        deposit(3);
        ProjectionRunner first = start(store, taxes().build());
        assertAnswered(first, 3);
        first.stop();
        AtomicBoolean setBack = new AtomicBoolean(true);
        EventStore log = new ForwardingEventStore(events) {
            @Override
            public GlobalPosition lastPosition() {
                return setBack.get() ? GlobalPosition.of(1) : super.lastPosition();
            }
        };

        ProjectionRunner second =
                started(builder(log, store).projection(Reaction.asProjection(taxes().build(), executor)));

        Eventually.until("it has stopped", () -> partition(second).state() == ProjectionState.FAILED);
        assertThat(partition(second).lastFailure())
                .contains("set back", "'" + NAME + "/0'", "restore the log, or resume it")
                .doesNotContain("reset");
        assertThatExceptionOfType(UnsupportedOperationException.class).isThrownBy(() -> second.reset(NAME));
        setBack.set(false);
        second.resume(NAME);
        deposit(2);
        assertAnswered(second, 5);
    }

    private static ProjectionStatus.Partition partition(ProjectionRunner runner) {
        return runner.status().get(0).partitions().get(0);
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

    /** Fails a number of times like a process that dies, not by a decision of the domain. */
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
}
