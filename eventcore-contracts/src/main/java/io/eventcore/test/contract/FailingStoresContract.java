package io.eventcore.test.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.EventStore;
import io.eventcore.StoredPage;
import io.eventcore.projection.Lease;
import io.eventcore.projection.PartitionState;
import io.eventcore.projection.ProjectionPartition;
import io.eventcore.projection.ProjectionRunner;
import io.eventcore.projection.ProjectionState;
import io.eventcore.projection.ProjectionStore;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** Whatever fails when a runner reads the log, or takes, renews or returns a lease, the projection goes on. */
abstract class FailingStoresContract extends ProjectionFaultsFixture {
    @Test
    void a_reader_that_runs_out_of_memory_at_the_end_of_the_log_goes_on() {
        AtomicInteger left = new AtomicInteger();
        ProjectionRunner runner = start(builder(failingReads(left, () -> new OutOfMemoryError(SECRET)), store)
                .projection(appliedEventsProjection().build()));
        Eventually.until("it has caught up", () -> status(runner, "applied").state() == ProjectionState.LIVE);

        left.set(6);
        deposit(ADA, 3);

        awaitApplied(positions(event -> true));
        assertThat(left.get()).isNotPositive();
    }

    @Test
    void while_the_end_of_the_log_cannot_be_read_no_projection_claims_to_be_live() {
        AtomicInteger left = new AtomicInteger();
        ProjectionRunner runner = start(builder(failingReads(left, () -> new AssertionError(SECRET)), store)
                .projection(appliedEventsProjection().build()));
        Eventually.until("it has caught up", () -> status(runner, "applied").state() == ProjectionState.LIVE);

        left.set(Integer.MAX_VALUE);
        deposit(ADA, 3);

        Eventually.until("it says so", () -> status(runner, "applied").state() == ProjectionState.RETRYING);
        assertThat(status(runner, "applied").lastFailure())
                .contains("AssertionError")
                .doesNotContain(SECRET);

        left.set(0);
        awaitApplied(positions(event -> true));
    }

    private EventStore failingReads(AtomicInteger left, Supplier<Error> fault) {
        return new ForwardingEventStore(events) {
            @Override
            public StoredPage readStored(EventFilter filter, EventPage page) {
                StoredPage found = super.readStored(filter, page);
                if (!found.events().isEmpty() && left.getAndUpdate(number -> Math.max(0, number - 1)) > 0) {
                    throw fault.get();
                }
                return found;
            }
        };
    }

    @Test
    void what_fails_while_leases_are_renewed_does_not_end_the_renewal() {
        AtomicInteger left = new AtomicInteger(3);
        ProjectionStore failing = new ForwardingProjectionStore(store) {
            @Override
            public List<PartitionState> partitions() {
                if (Thread.currentThread().getName().contains("eventcore") && left.getAndDecrement() > 0) {
                    throw new HomemadeError();
                }
                return super.partitions();
            }
        };
        ProjectionRunner runner = start(builder(failing)
                .lease(Duration.ofMillis(200))
                .projection(appliedEventsProjection().build()));
        Eventually.until("the state was asked for", () -> left.get() <= 0);

        runner.pause("applied");
        Eventually.until("it is paused", () -> status(runner, "applied").state() == ProjectionState.PAUSED);
        deposit(ADA, 2);
        runner.resume("applied");

        awaitApplied(positions(event -> true));
    }

    @Test
    void a_lease_whose_return_has_failed_is_taken_again_by_its_owner() {
        FailingReturns failing = new FailingReturns(store, 1);
        ProjectionRunner runner = start(twoProjections(failing));
        awaitBothRunBy(runner);

        runner.pause("applied");
        Eventually.until("the return has failed", () -> failing.left.get() == 0);
        deposit(ADA, 3);
        runner.resume("applied");

        awaitApplied(positions(event -> true));
    }

    @Test
    void a_lease_whose_return_has_failed_is_free_for_another_instance() {
        FailingReturns failing = new FailingReturns(store, 2);
        ProjectionRunner runner = start(twoProjections(failing));
        awaitBothRunBy(runner);
        failing.refusing = true;

        runner.pause("applied");
        Eventually.until("the return has failed", () -> failing.left.get() < 2);
        deposit(ADA, 3);
        start(twoProjections(store));
        runner.resume("applied");

        awaitApplied(positions(event -> true));
    }

    @Test
    void a_lease_that_is_never_given_back_runs_out_although_its_owner_holds_others() {
        FailingReturns failing = new FailingReturns(store, Integer.MAX_VALUE);
        ProjectionRunner runner = start(twoProjections(failing));
        awaitBothRunBy(runner);
        failing.refusing = true;

        runner.pause("applied");
        Eventually.until("the return has failed", () -> failing.left.get() < Integer.MAX_VALUE);
        deposit(ADA, 3);
        start(twoProjections(store));
        runner.resume("applied");

        awaitApplied(positions(event -> true));
    }

    @Test
    void a_lease_that_was_taken_without_an_answer_does_not_stop_the_projection() {
        AtomicInteger left = new AtomicInteger(2);
        ProjectionStore losingAnswers = new ForwardingProjectionStore(store) {
            @Override
            public Optional<Lease> acquire(
                    ProjectionPartition partition, int partitions, String owner, Duration length) {
                Optional<Lease> lease = super.acquire(partition, partitions, owner, length);
                if (isOfApplied(partition) && lease.isPresent() && left.getAndDecrement() > 0) {
                    throw lost();
                }
                return lease;
            }
        };
        deposit(ADA, 3);

        start(twoProjections(losingAnswers));

        awaitApplied(positions(event -> true));
        assertThat(left.get()).isNotPositive();
    }

    @Test
    void a_projection_that_another_instance_has_taken_over_is_not_said_to_lag_or_to_be_in_trouble_here() {
        deposit(ADA, 2);
        AtomicBoolean unreachable = new AtomicBoolean();
        ProjectionStore failing = new ForwardingProjectionStore(store) {
            @Override
            public boolean isCurrent(Lease lease, Duration idleLimit) {
                if (unreachable.get()) {
                    throw lost();
                }
                return super.isCurrent(lease, idleLimit);
            }
        };
        ProjectionRunner first = start(builder(failing)
                .lease(Duration.ofMillis(400))
                .projection(appliedEventsProjection().build()));
        awaitApplied(positions(event -> true));
        unreachable.set(true);
        deposit(ADA, 1);
        Eventually.until("it is in trouble", () -> status(first, "applied").state() == ProjectionState.RETRYING);

        start(builder(store)
                .lease(Duration.ofMillis(400))
                .projection(appliedEventsProjection().build()));

        awaitApplied(positions(event -> true));
        Eventually.until("it stands by", () -> status(first, "applied").state() == ProjectionState.STANDBY);
        assertThat(status(first, "applied").lag()).isZero();
    }

    private static boolean isOfApplied(ProjectionPartition partition) {
        return partition.projection().equals("applied");
    }

    private ProjectionRunner.Builder twoProjections(ProjectionStore projectionStore) {
        return builder(projectionStore)
                .lease(Duration.ofMillis(400))
                .projection(appliedEventsProjection().build())
                .projection(ledger("other").build());
    }

    private void awaitBothRunBy(ProjectionRunner runner) {
        Eventually.until(
                "both run",
                () -> status(runner, "applied").state() == ProjectionState.LIVE
                        && status(runner, "other").state() == ProjectionState.LIVE);
    }

    /** Takes back no leases of one projection for a while, and grants none of them while it refuses. */
    private static final class FailingReturns extends ForwardingProjectionStore {
        private final AtomicInteger left;
        private volatile boolean refusing;

        private FailingReturns(ProjectionStore delegate, int times) {
            super(delegate);
            this.left = new AtomicInteger(times);
        }

        @Override
        public Optional<Lease> acquire(ProjectionPartition partition, int partitions, String owner, Duration length) {
            if (refusing && isOfApplied(partition)) {
                throw lost();
            }
            return super.acquire(partition, partitions, owner, length);
        }

        @Override
        public void release(Lease lease) {
            if (isOfApplied(lease.partition()) && left.getAndUpdate(number -> Math.max(0, number - 1)) > 0) {
                throw lost();
            }
            super.release(lease);
        }
    }
}
