package io.eventcore.test.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.eventcore.GlobalPosition;
import io.eventcore.StreamId;
import io.eventcore.projection.Checkpoint;
import io.eventcore.projection.DeadlineChange;
import io.eventcore.projection.Lease;
import io.eventcore.projection.ParkedChange;
import io.eventcore.projection.ProjectionRunner;
import io.eventcore.projection.ProjectionState;
import io.eventcore.projection.ProjectionStore;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** No deadline is lost or executed twice, whenever its instance crashes or freezes. */
abstract class DeadlineCrashesContract extends DeadlineFixture {
    @Test
    void a_crash_between_a_command_and_its_deadline_executes_nothing_twice() {
        List<StreamId> accounts = accounts(7);
        accounts.forEach(this::open);
        Crashing crashing = new Crashing(store, DeadlineChange.Done.class, 3);
        ProjectionRunner runner = start(crashing, marking());
        settle(runner);

        shift(HOUR);
        settle(runner);

        assertThat(accounts).allSatisfy(account -> assertThat(noted(account)).hasSize(1));
        assertThat(crashing.crashes).hasValue(3);
    }

    @Test
    void whatever_ends_an_instance_that_moves_its_checkpoint_no_deadline_is_lost() {
        List<StreamId> accounts = accounts(5);
        accounts.forEach(this::open);
        Crashing dying = new Crashing(store, DeadlineChange.Begun.class, Integer.MAX_VALUE);
        ProjectionRunner first = start(dying, marking());
        Eventually.until("it has come to them, and died", () -> dying.crashes.get() > 1);
        first.stop();

        ProjectionRunner second = start(marking());
        settle(second);
        assertThat(counts().pending()).isEqualTo(5);
        shift(HOUR);
        settle(second);

        assertThat(accounts).allSatisfy(account -> assertThat(noted(account)).hasSize(1));
    }

    @Test
    void an_owner_that_freezes_in_a_command_is_replaced_and_executes_nothing_twice_when_it_wakes_up() {
        List<StreamId> accounts = accounts(4);
        accounts.forEach(this::open);
        CountDownLatch frozen = new CountDownLatch(1);
        CountDownLatch wakeUp = new CountDownLatch(1);
        gates.add(wakeUp);
        AtomicBoolean asleep = new AtomicBoolean();
        AtomicInteger tried = new AtomicInteger();
        ProjectionStore freezer = new Crashing(store, DeadlineChange.Done.class, 0) {
            @Override
            public boolean renew(List<Lease> leases, Duration length) {
                return asleep.get() || super.renew(leases, length);
            }

            @Override
            public boolean advance(
                    Lease lease,
                    Checkpoint from,
                    Checkpoint to,
                    List<ParkedChange> parked,
                    List<DeadlineChange> deadlines) {
                boolean done = super.advance(lease, from, to, parked, deadlines);
                if (wakeUp.getCount() == 0) {
                    tried.incrementAndGet();
                }
                return done;
            }
        };
        shift(HOUR);
        start(
                freezer,
                closing()
                        .execute(event -> {
                            if (frozen.getCount() > 0) {
                                asleep.set(true);
                                frozen.countDown();
                                await(wakeUp);
                            }
                            return new Note(event.streamId(), 1);
                        })
                        .build());
        await(frozen);

        ProjectionRunner second = start(marking());
        settle(second);
        assertThat(accounts).allSatisfy(account -> assertThat(noted(account)).hasSize(1));
        withdraw(accounts.get(0));
        wakeUp.countDown();
        Eventually.until("the frozen owner has tried to tell what it did", () -> tried.get() > 0);
        settle(second);

        assertThat(accounts).allSatisfy(account -> assertThat(noted(account)).hasSize(1));
        assertThat(counts().pending()).isZero();
    }

    @Test
    void nothing_is_executed_by_a_log_that_was_set_back_behind_the_reaction() {
        AtomicBoolean setBack = new AtomicBoolean();
        events = new ForwardingEventStore(events) {
            @Override
            public GlobalPosition lastPosition() {
                return setBack.get() ? GlobalPosition.START : super.lastPosition();
            }
        };
        open(OFFICE);
        open(ADA);
        ProjectionRunner runner = start(marking());
        settle(runner);

        setBack.set(true);
        shift(HOUR);
        Eventually.until(
                "it has stopped",
                () -> runner.status().get(0).partitions().get(0).state() == ProjectionState.FAILED,
                () -> noted(ADA));

        assertThat(noted(ADA)).isEmpty();
        assertThat(counts().pending()).isEqualTo(2);
    }

    @Test
    void a_reset_that_is_interrupted_loses_no_deadline_of_what_was_not_set_back() {
        List<StreamId> accounts = accounts(40);
        accounts.forEach(this::open);
        ProjectionRunner runner = start(
                new Crashing(store, DeadlineChange.AllForgotten.class, 1) {
                    private final AtomicBoolean one = new AtomicBoolean();

                    @Override
                    boolean isDoomed(List<DeadlineChange> deadlines) {
                        return super.isDoomed(deadlines) && !one.compareAndSet(false, true);
                    }
                },
                closing()
                        .execute(event -> new Note(event.streamId(), 1))
                        .partitions(4)
                        .build());
        settle(runner);
        assertThat(counts().pending()).isEqualTo(40);

        assertThatIllegalStateException().isThrownBy(() -> runner.reset(NAME)).withMessage("crash");
        settle(runner);
        assertThat(counts().pending()).isEqualTo(40);
        shift(HOUR);
        settle(runner);

        assertThat(accounts).allSatisfy(account -> assertThat(noted(account)).hasSize(1));
    }

    static List<StreamId> accounts(int number) {
        return IntStream.range(0, number)
                .mapToObj(i -> StreamId.of("account-" + i))
                .toList();
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(60, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    /** Crashes a number of times before it makes changes of one kind. */
    static class Crashing extends ForwardingProjectionStore {
        final AtomicInteger crashes = new AtomicInteger();
        private final Class<? extends DeadlineChange> kind;
        private final int times;

        Crashing(ProjectionStore delegate, Class<? extends DeadlineChange> kind, int times) {
            super(delegate);
            this.kind = kind;
            this.times = times;
        }

        @Override
        public boolean advance(
                Lease lease,
                Checkpoint from,
                Checkpoint to,
                List<ParkedChange> parked,
                List<DeadlineChange> deadlines) {
            if (crashes.get() < times && isDoomed(deadlines)) {
                crashes.incrementAndGet();
                throw new IllegalStateException("crash");
            }
            return super.advance(lease, from, to, parked, deadlines);
        }

        boolean isDoomed(List<DeadlineChange> deadlines) {
            return deadlines.stream().anyMatch(kind::isInstance);
        }
    }
}
