package io.eventcore.test.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.eventcore.GlobalPosition;
import io.eventcore.projection.AwaitOutcome;
import io.eventcore.projection.Checkpoint;
import io.eventcore.projection.Lease;
import io.eventcore.projection.ParkedChange;
import io.eventcore.projection.Projection;
import io.eventcore.projection.ProjectionRunner;
import io.eventcore.projection.ProjectionState;
import io.eventcore.projection.ProjectionStore;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Which instance runs a projection, and what operators tell it: takeover, pause, reset, and what is refused at the start. */
abstract class ProjectionOwnershipContract extends ProjectionRunnerFixture {
    @Test
    void an_owner_that_freezes_while_it_applies_is_replaced_and_does_no_harm_when_it_wakes_up() {
        GlobalPosition last = deposit(ADA, 5);
        Freezer freezer = new Freezer(store);
        CountDownLatch frozen = new CountDownLatch(1);
        CountDownLatch wakeUp = gate();
        AtomicBoolean woken = new AtomicBoolean();
        Projection<LedgerEvent> freezing = ledger("applied")
                .on(LedgerEvent.class, event -> {
                    applied.add(event);
                    if (frozen.getCount() > 0) {
                        freezer.frozen = true;
                        frozen.countDown();
                        await(wakeUp);
                        woken.set(true);
                    }
                })
                .build();
        start(builder(freezer).lease(Duration.ofMillis(400)).projection(freezing));
        await(frozen);

        start(builder(store)
                .lease(Duration.ofMillis(400))
                .projection(appliedEventsProjection().build()));
        awaitAllApplied();
        Eventually.until(
                "the new owner has committed",
                () -> store.partitions().get(0).checkpoint().position().equals(last));
        wakeUp.countDown();
        Eventually.until("the frozen owner has woken up and given up", () -> woken.get() && freezer.refusals.get() > 0);
        freezer.frozen = false;
        deposit(BOB, 2);

        awaitAllApplied();
    }

    @Test
    void two_runners_share_the_work_without_doing_it_twice() {
        start(appliedEventsProjection().build());
        start(appliedEventsProjection().build());

        deposit(ADA, 20);

        awaitAllApplied();
    }

    @Test
    void when_a_runner_stops_another_one_takes_over() {
        ProjectionRunner first = start(appliedEventsProjection().build());
        ProjectionRunner second = start(appliedEventsProjection().build());
        deposit(ADA, 2);
        awaitAllApplied();

        first.stop();
        deposit(ADA, 2);

        awaitAllApplied();
        assertThat(second.isRunning()).isTrue();
    }

    @Test
    void a_paused_projection_applies_nothing_until_it_is_resumed() {
        ProjectionRunner runner = start(appliedEventsProjection().build());
        deposit(ADA, 1);
        awaitAllApplied();

        runner.pause("applied");
        Eventually.until("it is paused", () -> status(runner).state() == ProjectionState.PAUSED);
        GlobalPosition last = deposit(ADA, 3);

        assertThat(runner.awaitPosition("applied", last, PATIENCE)).isEqualTo(AwaitOutcome.STOPPED);
        assertThat(runner.awaitPosition("applied", GlobalPosition.of(last.value() + 1_000), PATIENCE))
                .isEqualTo(AwaitOutcome.BEYOND_LOG);
        assertThat(applied.positions()).hasSize(1);
        runner.resume("applied");
        awaitAllApplied();
    }

    @Test
    void a_projection_that_is_paused_before_it_was_ever_started_begins_when_it_is_resumed() {
        deposit(ADA, 2);
        ProjectionRunner operator =
                builder(store).projection(appliedEventsProjection().build()).build();

        operator.pause("applied");

        ProjectionRunner runner = start(appliedEventsProjection().version(2).build());
        Eventually.until("it is paused", () -> status(runner).state() == ProjectionState.PAUSED);
        assertThat(applied.positions()).isEmpty();
        operator.resume("applied");
        awaitAllApplied();
    }

    @Test
    void a_reset_builds_the_read_model_anew() {
        AtomicInteger clears = new AtomicInteger();
        ProjectionRunner runner = start(appliedEventsProjection()
                .clearedBy(() -> {
                    applied.clear();
                    clears.incrementAndGet();
                })
                .build());
        deposit(ADA, 5);
        awaitAllApplied();

        runner.reset("applied");
        deposit(ADA, 2);

        awaitAllApplied();
        assertThat(clears).hasValue(1);
    }

    @Test
    void a_projection_that_cannot_be_emptied_is_not_reset() {
        ProjectionRunner runner = start(appliedEventsProjection().build());
        deposit(ADA, 3);
        awaitAllApplied();

        assertThatExceptionOfType(UnsupportedOperationException.class).isThrownBy(() -> runner.reset("applied"));

        deposit(ADA, 1);
        awaitAllApplied();
    }

    @Test
    void a_transactional_projection_needs_a_transaction_manager() {
        ProjectionRunner runner = ProjectionRunner.builder(events, store)
                .projection(appliedEventsProjection().build())
                .build();

        assertThatIllegalStateException()
                .isThrownBy(runner::start)
                .withMessageContaining("applied")
                .withMessageContaining("JpaTransactionManager");
    }

    @Test
    void two_projections_of_one_name_are_refused() {
        ProjectionRunner.Builder builder =
                builder(store).projection(appliedEventsProjection().build());

        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.projection(appliedEventsProjection().build()))
                .withMessageContaining("applied");
    }

    /** The store of a process that can be frozen: a frozen process renews no lease. */
    private static final class Freezer extends ForwardingProjectionStore {
        private final AtomicInteger refusals = new AtomicInteger();
        private volatile boolean frozen;

        private Freezer(ProjectionStore delegate) {
            super(delegate);
        }

        @Override
        public boolean renew(List<Lease> leases, Duration length) {
            return frozen || super.renew(leases, length);
        }

        @Override
        public boolean advance(Lease lease, Checkpoint from, Checkpoint to, List<ParkedChange> parked) {
            boolean done = false;
            try {
                done = super.advance(lease, from, to, parked);
                return done;
            } finally {
                if (!done) {
                    refusals.incrementAndGet();
                }
            }
        }
    }
}
