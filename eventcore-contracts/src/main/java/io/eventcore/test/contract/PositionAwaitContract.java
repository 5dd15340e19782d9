package io.eventcore.test.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.eventcore.GlobalPosition;
import io.eventcore.StreamId;
import io.eventcore.projection.AwaitOutcome;
import io.eventcore.projection.FailureDecision;
import io.eventcore.projection.Lease;
import io.eventcore.projection.PartitionState;
import io.eventcore.projection.Projection;
import io.eventcore.projection.ProjectionPartition;
import io.eventcore.projection.ProjectionRunner;
import io.eventcore.projection.ProjectionStore;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Waiting until a projection has reached a position. */
abstract class PositionAwaitContract extends ProjectionRunnerFixture {
    private static final int ROUNDS = 20;

    /** Of four partitions, Ada's account belongs to the first and this one to the last. */
    private static final StreamId ELSEWHERE = StreamId.of("account-3");

    /** Long enough for a wrong answer to arrive. */
    private static final Duration SHORT = Duration.ofMillis(300);

    @Test
    void waiting_for_a_position_ends_when_it_was_applied() {
        ProjectionRunner runner = start(appliedEventsProjection().build());

        GlobalPosition last = deposit(ADA, 3);

        assertThat(runner.awaitPosition("applied", last, PATIENCE)).isEqualTo(AwaitOutcome.REACHED);
        assertThat(applied.positions()).hasSize(3);
    }

    @Test
    void waiting_for_a_position_works_where_another_instance_runs_the_projection() {
        start(appliedEventsProjection().build());
        deposit(ADA, 1);
        awaitAllApplied();
        ProjectionRunner other = start(appliedEventsProjection().build());

        GlobalPosition last = deposit(ADA, 3);

        assertThat(other.awaitPosition("applied", last, PATIENCE)).isEqualTo(AwaitOutcome.REACHED);
        assertThat(applied.positions()).hasSize(4);
    }

    @Test
    void waiting_for_a_position_ends_in_time_and_says_why() {
        ProjectionRunner runner =
                start(failingAt(2).onError(failure -> park(failure, ADA)).build());
        deposit(ADA, 1);
        GlobalPosition parked = deposit(ADA, 1);
        GlobalPosition after = deposit(BOB, 1);

        assertThat(runner.awaitPosition("applied", after, PATIENCE)).isEqualTo(AwaitOutcome.REACHED);
        assertThat(runner.awaitPosition("applied", parked, PATIENCE)).isEqualTo(AwaitOutcome.PARKED);
        runner.stop();
        assertThat(runner.awaitPosition("applied", after, PATIENCE)).isEqualTo(AwaitOutcome.REACHED);
        assertThat(runner.awaitPosition("applied", deposit(BOB, 1), PATIENCE)).isEqualTo(AwaitOutcome.STOPPED);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> runner.awaitPosition("unknown", after, PATIENCE))
                .withMessageContaining("unknown");
    }

    @Test
    void waiting_for_a_position_that_is_not_reached_in_time_says_so() {
        CountDownLatch goOn = gate();
        ProjectionRunner runner = start(ledger("applied")
                .atLeastOnce()
                .on(LedgerEvent.class, event -> await(goOn))
                .build());

        GlobalPosition last = deposit(ADA, 1);

        assertThat(runner.awaitPosition("applied", last, Duration.ofMillis(1))).isEqualTo(AwaitOutcome.TIMED_OUT);
        goOn.countDown();
    }

    @Test
    void a_position_beyond_the_log_is_not_waited_for() {
        ProjectionRunner runner = start(appliedEventsProjection().build());
        ProjectionRunner elsewhere = start(appliedEventsProjection().build());
        GlobalPosition last = deposit(ADA, 1);
        awaitAllApplied();

        for (ProjectionRunner asked : List.of(runner, elsewhere)) {
            assertThat(asked.awaitPosition("applied", GlobalPosition.of(last.value() + 1), PATIENCE))
                    .isEqualTo(AwaitOutcome.BEYOND_LOG);
            assertThat(asked.awaitPosition("applied", GlobalPosition.of(Long.MAX_VALUE), PATIENCE))
                    .isEqualTo(AwaitOutcome.BEYOND_LOG);
        }
        GlobalPosition next = deposit(ADA, 1);
        assertThat(runner.awaitPosition("applied", next, PATIENCE)).isEqualTo(AwaitOutcome.REACHED);
    }

    @Test
    void waiting_inside_a_transaction_that_has_appended_is_refused() {
        ProjectionRunner runner = start(appliedEventsProjection().build());

        transaction.executeWithoutResult(status -> {
            GlobalPosition last = deposit(ADA, 1);
            assertThatIllegalStateException()
                    .isThrownBy(() -> runner.awaitPosition("applied", last, PATIENCE))
                    .withMessageContaining("commit");
        });

        awaitAllApplied();
    }

    @Test
    void nobody_is_told_of_a_read_model_that_a_reset_has_emptied() {
        ProjectionRunner runner = start(clearable());
        GlobalPosition last = deposit(ADA, 5);
        assertThat(runner.awaitPosition("applied", last, PATIENCE)).isEqualTo(AwaitOutcome.REACHED);

        for (int round = 0; round < ROUNDS; round++) {
            runner.reset("applied");

            assertThatWhatWasPromisedIsThere(runner, last);
        }
    }

    @Test
    void nobody_is_told_of_a_read_model_that_a_reset_on_another_instance_has_emptied() {
        List<ProjectionRunner> instances = List.of(start(clearable()), start(clearable()));
        GlobalPosition last = deposit(ADA, 5);
        for (ProjectionRunner instance : instances) {
            assertThat(instance.awaitPosition("applied", last, PATIENCE)).isEqualTo(AwaitOutcome.REACHED);
        }

        for (int round = 0; round < ROUNDS; round++) {
            instances.get(round % 2).reset("applied");

            assertThatWhatWasPromisedIsThere(instances.get((round + 1) % 2), last);
            assertThatWhatWasPromisedIsThere(instances.get(round % 2), last);
        }
    }

    @Test
    void nobody_is_told_of_a_read_model_that_was_emptied_while_an_apply_hangs() {
        CountDownLatch hangs = new CountDownLatch(1);
        CountDownLatch goOn = gate();
        ProjectionRunner runner = start(ledger("applied")
                .on(LedgerEvent.class, event -> {
                    if (event.streamId().equals(BOB)) {
                        hangs.countDown();
                        await(goOn);
                    }
                    applied.add(event);
                })
                .clearedBy(applied::clear)
                .build());
        GlobalPosition before = deposit(ADA, 5);
        assertThat(runner.awaitPosition("applied", before, PATIENCE)).isEqualTo(AwaitOutcome.REACHED);
        GlobalPosition last = deposit(BOB, 1);
        await(hangs);
        // It declares what cannot be applied here, so that it takes the projection over from no other instance.
        ProjectionRunner elsewhere = start(clearable());

        runner.pause("applied");
        elsewhere.reset("applied");
        assertThat(runner.awaitPosition("applied", before, SHORT)).isNotEqualTo(AwaitOutcome.REACHED);
        assertThat(elsewhere.awaitPosition("applied", before, SHORT)).isNotEqualTo(AwaitOutcome.REACHED);
        runner.reset("applied");
        assertThat(runner.awaitPosition("applied", before, SHORT)).isNotEqualTo(AwaitOutcome.REACHED);

        goOn.countDown();
        runner.resume("applied");
        assertThatWhatWasPromisedIsThere(runner, last);
    }

    @Test
    void an_instance_with_another_number_of_partitions_waits_for_all_of_those_in_force() {
        ProjectionRunner one = start(appliedEventsProjection().partitions(1).build());
        CountDownLatch goOn = gate();
        AtomicBoolean holding = new AtomicBoolean();
        ProjectionRunner four = start(ledger("applied")
                .on(LedgerEvent.class, event -> {
                    if (holding.get() && event.streamId().equals(ELSEWHERE)) {
                        await(goOn);
                    }
                    applied.add(event);
                })
                .partitions(4)
                .build());
        Eventually.until("it is divided anew", () -> store.partitions().size() == 4);

        for (int round = 0; round < ROUNDS; round++) {
            deposit(ELSEWHERE, 3);
            assertThatWhatWasPromisedIsThere(one, deposit(ADA, 1));
        }

        holding.set(true);
        deposit(ELSEWHERE, 1);
        GlobalPosition last = deposit(ADA, 1);
        Eventually.until(
                "the partition of Ada's account has come to the end",
                () -> store.partitions().get(0).checkpoint().position().equals(last));
        assertThat(one.awaitPosition("applied", last, SHORT)).isEqualTo(AwaitOutcome.TIMED_OUT);
        assertThat(four.awaitPosition("applied", last, SHORT)).isEqualTo(AwaitOutcome.TIMED_OUT);
        goOn.countDown();
        assertThatWhatWasPromisedIsThere(one, last);
    }

    @Test
    void an_instance_on_which_a_projection_has_failed_waits_for_the_one_that_goes_on() throws Exception {
        AtomicBoolean broken = new AtomicBoolean();
        ProjectionRunner failing = start(ledger("applied")
                .on(LedgerEvent.class, event -> {
                    if (broken.get()) {
                        throw new IllegalStateException("broken here");
                    }
                    applied.add(event);
                })
                .onError(failure -> FailureDecision.FAIL)
                .build());
        assertThatWhatWasPromisedIsThere(failing, deposit(ADA, 1));
        broken.set(true);
        GlobalPosition failed = deposit(ADA, 1);
        assertThat(failing.awaitPosition("applied", failed, PATIENCE)).isEqualTo(AwaitOutcome.STOPPED);

        CountDownLatch goOn = gate();
        ProjectionRunner elsewhere = start(held(goOn));
        Eventually.until(
                "another instance runs it", () -> !store.partitions().get(0).free());

        CompletableFuture<AwaitOutcome> waiting =
                CompletableFuture.supplyAsync(() -> failing.awaitPosition("applied", failed, PATIENCE));
        assertThat(failing.awaitPosition("applied", failed, SHORT)).isEqualTo(AwaitOutcome.TIMED_OUT);
        goOn.countDown();
        assertThat(waiting.get(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isEqualTo(AwaitOutcome.REACHED);
        assertThatWhatWasPromisedIsThere(failing, failed);
        elsewhere.pause("applied");
        assertThat(failing.awaitPosition("applied", deposit(ADA, 1), PATIENCE)).isEqualTo(AwaitOutcome.STOPPED);
    }

    @Test
    void an_instance_on_which_a_projection_has_failed_waits_for_the_one_that_is_about_to_go_on() throws Exception {
        CountDownLatch goOn = gate();
        AtomicInteger looks = new AtomicInteger();
        ProjectionStore looked = new ForwardingProjectionStore(store) {
            @Override
            public List<PartitionState> partitions(String projection) {
                looks.incrementAndGet();
                return super.partitions(projection);
            }
        };
        ProjectionRunner failing = start(builder(looked)
                .projection(ledger("applied")
                        .on(LedgerEvent.class, event -> {
                            throw new IllegalStateException("broken here");
                        })
                        .onError(failure -> FailureDecision.FAIL)
                        .build()));
        ProjectionStore delayed = new ForwardingProjectionStore(store) {
            @Override
            public Optional<Lease> acquire(
                    ProjectionPartition partition, int partitions, String owner, Duration length) {
                await(goOn);
                return super.acquire(partition, partitions, owner, length);
            }
        };
        GlobalPosition last = deposit(ADA, 1);
        Eventually.until(
                "it has failed", () -> !store.partitions().get(0).failure().isEmpty());
        start(builder(delayed).projection(appliedEventsProjection().build()));

        CompletableFuture<AwaitOutcome> waiting =
                CompletableFuture.supplyAsync(() -> failing.awaitPosition("applied", last, PATIENCE));
        Eventually.until("it was looked at a few times", () -> looks.get() >= 3);
        goOn.countDown();

        assertThat(waiting.get(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isEqualTo(AwaitOutcome.REACHED);
        awaitAllApplied();
    }

    @Test
    void what_was_parked_when_a_reset_released_it_is_not_told_to_be_reached() {
        CountDownLatch goOn = gate();
        AtomicBoolean wasReset = new AtomicBoolean();
        Projection<LedgerEvent> parking = ledger("applied")
                .on(LedgerEvent.class, event -> {
                    if (wasReset.get()) {
                        await(goOn);
                    }
                    throw new IllegalStateException("never applied");
                })
                .clearedBy(applied::clear)
                .onError(failure -> FailureDecision.PARK)
                .build();
        ProjectionRunner operator = builder(store).projection(parking).build();
        ProjectionStore resetting = new ForwardingProjectionStore(store) {
            @Override
            public boolean hasParkedStreams(String projection, int version, GlobalPosition upTo) {
                if (!wasReset.compareAndSet(false, true)) {
                    return super.hasParkedStreams(projection, version, upTo);
                }
                operator.reset("applied");
                boolean found = super.hasParkedStreams(projection, version, upTo);
                goOn.countDown();
                return found;
            }
        };
        ProjectionRunner runner = start(builder(resetting).projection(parking));
        GlobalPosition last = deposit(ADA, 1);
        Eventually.until("the event waits", () -> waiting() == 1);

        assertThat(runner.awaitPosition("applied", last, PATIENCE)).isEqualTo(AwaitOutcome.PARKED);
        assertThat(wasReset).isTrue();
    }

    @Test
    void an_instance_whose_runner_was_stopped_waits_for_the_one_that_goes_on() {
        ProjectionRunner stopped = start(appliedEventsProjection().build());
        assertThatWhatWasPromisedIsThere(stopped, deposit(ADA, 1));
        stopped.stop();
        GlobalPosition last = deposit(ADA, 1);
        assertThat(stopped.awaitPosition("applied", last, PATIENCE)).isEqualTo(AwaitOutcome.STOPPED);

        CountDownLatch goOn = gate();
        ProjectionRunner elsewhere = start(held(goOn));
        Eventually.until(
                "another instance runs it", () -> !store.partitions().get(0).free());
        assertThat(stopped.awaitPosition("applied", last, SHORT)).isEqualTo(AwaitOutcome.TIMED_OUT);
        goOn.countDown();
        assertThatWhatWasPromisedIsThere(stopped, last);
        elsewhere.stop();
        assertThat(stopped.awaitPosition("applied", deposit(ADA, 1), PATIENCE)).isEqualTo(AwaitOutcome.STOPPED);
    }

    private Projection<LedgerEvent> clearable() {
        return appliedEventsProjection().clearedBy(applied::clear).build();
    }

    private Projection<LedgerEvent> held(CountDownLatch goOn) {
        return ledger("applied")
                .on(LedgerEvent.class, event -> {
                    await(goOn);
                    applied.add(event);
                })
                .build();
    }

    /** Waits, and then reads the read model as a query does. */
    private void assertThatWhatWasPromisedIsThere(ProjectionRunner runner, GlobalPosition last) {
        assertThat(runner.awaitPosition("applied", last, PATIENCE)).isEqualTo(AwaitOutcome.REACHED);
        assertThat(applied.positions())
                .containsAll(positions(event -> event.position().compareTo(last) <= 0));
    }
}
