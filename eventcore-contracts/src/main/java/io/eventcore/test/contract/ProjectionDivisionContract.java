package io.eventcore.test.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.GlobalPosition;
import io.eventcore.StreamId;
import io.eventcore.projection.AwaitOutcome;
import io.eventcore.projection.FailureDecision;
import io.eventcore.projection.PartitionState;
import io.eventcore.projection.ProjectionBuilder;
import io.eventcore.projection.ProjectionRunner;
import io.eventcore.projection.ProjectionState;
import io.eventcore.projection.ProjectionStore;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** A projection that is divided into another number of partitions. */
abstract class ProjectionDivisionContract extends ProjectionRunnerFixture {
    @Test
    void another_number_of_partitions_neither_loses_nor_doubles_an_event() {
        for (int partitions : new int[] {1, 4, 3, 64, 1}) {
            depositToTen();
            ProjectionRunner runner =
                    start(appliedEventsProjection().partitions(partitions).build());

            awaitAllApplied();
            depositToTen();
            awaitAllApplied();
            assertThat(store.partitions()).hasSize(partitions);
            runner.stop();
        }
    }

    @Test
    void partitions_at_different_positions_are_brought_together_before_they_are_divided_anew() {
        ProjectionRunner failing = start(ledger("applied")
                .on(LedgerEvent.class, event -> {
                    if (event.streamId().equals(ADA)) {
                        throw new IllegalStateException("broken");
                    }
                    applied.add(event);
                })
                .onError(failure -> FailureDecision.FAIL)
                .partitions(4)
                .build());
        deposit(ADA, 3);
        depositToTen();
        GlobalPosition last = deposit(ADA, 1);
        Eventually.until(
                "one partition has failed, and another one has come to the end",
                () -> store.partitions().stream()
                                .anyMatch(state -> !state.failure().isEmpty())
                        && store.partitions().stream()
                                .anyMatch(state -> state.checkpoint().position().equals(last)));
        failing.stop();
        assertThat(applied.positions()).hasSizeLessThan(positions(event -> true).size());

        start(appliedEventsProjection().partitions(3).build());

        awaitAllApplied();
        deposit(ADA, 1);
        awaitAllApplied();
        Eventually.until("it is divided anew", () -> store.partitions().size() == 3);
    }

    @Test
    void while_an_event_cannot_be_applied_a_projection_stays_divided_as_it_is_until_it_is_resumed() {
        AtomicBoolean repaired = new AtomicBoolean();
        ProjectionBuilder<LedgerEvent> fragile = ledger("applied")
                .on(LedgerEvent.class, event -> {
                    applied.add(event);
                    if (event.streamId().equals(ADA) && !repaired.get()) {
                        throw new IllegalStateException("broken");
                    }
                })
                .onError(failure -> FailureDecision.FAIL);
        ProjectionRunner before = start(fragile.partitions(4).build());
        depositToTen();
        GlobalPosition last = deposit(ADA, 1);
        deposit(ADA, 1);
        Eventually.until(
                "it has failed",
                () -> store.partitions().stream()
                        .anyMatch(state -> !state.failure().isEmpty()));
        Eventually.until(
                "others have come to the end",
                () -> store.partitions().stream()
                        .anyMatch(state -> state.checkpoint().position().compareTo(last) > 0));
        before.stop();

        ProjectionRunner runner = start(fragile.partitions(2).build());
        Eventually.until(
                "it has failed again",
                () -> store.partitions().stream()
                        .anyMatch(state -> state.failure().contains("2 partitions")));
        Eventually.until(
                "that is to be seen",
                () -> runner.status().get(0).partitions().stream()
                        .allMatch(partition -> partition.state() == ProjectionState.FAILED
                                && partition.lastFailure().contains("2 partitions")));
        assertThat(store.partitions()).hasSize(4);
        repaired.set(true);
        runner.resume("applied");

        awaitAllApplied();
        Eventually.until("it is divided anew", () -> store.partitions().size() == 2);
    }

    @Test
    void an_instance_that_divides_a_projection_otherwise_stands_by() {
        ProjectionRunner old = start(appliedEventsProjection().partitions(4).build());
        depositToTen();
        awaitAllApplied();

        start(appliedEventsProjection().partitions(2).build());
        depositToTen();
        awaitAllApplied();
        Eventually.until("it is divided anew", () -> store.partitions().size() == 2);
        Eventually.until(
                "the other instance stands by",
                () -> old.status().get(0).partitions().stream()
                        .allMatch(partition -> partition.state() == ProjectionState.STANDBY));
        depositToTen();

        awaitAllApplied();
    }

    private void depositToTen() {
        for (int i = 0; i < 10; i++) {
            deposit(StreamId.of("account-" + i), 1);
        }
    }

    @Test
    void what_is_parked_stays_parked_when_a_projection_is_divided_anew() {
        AtomicBoolean repaired = new AtomicBoolean();
        ProjectionBuilder<LedgerEvent> parking = ledger("applied")
                .on(LedgerEvent.class, event -> {
                    applied.add(event);
                    if (event.streamId().equals(ADA) && event.version().value() == 2 && !repaired.get()) {
                        throw new IllegalStateException("broken");
                    }
                })
                .onError(failure -> FailureDecision.PARK);
        ProjectionRunner before = start(parking.build());
        deposit(ADA, 3);
        Eventually.until("two events wait", () -> waiting() == 2);
        before.stop();

        ProjectionRunner runner = start(parking.partitions(8).build());
        Eventually.until("it is divided anew", () -> store.partitions().size() == 8);
        deposit(ADA, 1);
        Eventually.until("three events wait", () -> waiting() == 3);
        repaired.set(true);
        runner.retryParked("applied", ADA);

        awaitAllApplied();
        Eventually.until(
                "the stream is released", () -> store.parkedStreams("applied").isEmpty());
    }

    @Test
    void side_effects_go_on_where_the_read_model_is_divided_otherwise() {
        List<Long> effects = new CopyOnWriteArrayList<>();
        ProjectionBuilder<LedgerEvent> projection = appliedEventsProjection()
                .sideEffects(event -> effects.add(event.position().value()));
        start(projection.partitions(4).build());
        depositToTen();
        Eventually.until("they run", () -> effects.size() == 10, () -> effects);

        start(projection.partitions(2).build());
        Eventually.until("it is divided anew", () -> dividedInto() == 2);
        depositToTen();

        awaitAllApplied();
        Eventually.until("they go on", () -> effects.size() == 20, () -> effects);
        assertThat(effects).isEqualTo(positions(event -> true));
    }

    private long dividedInto() {
        return store.partitions().stream()
                .filter(state -> state.partition().version() == 1)
                .count();
    }

    @Test
    void an_instance_goes_on_when_all_are_gone_that_divided_a_projection_otherwise() {
        start(appliedEventsProjection().partitions(4).build());
        depositToTen();
        ProjectionRunner gone = start(appliedEventsProjection().partitions(2).build());
        Eventually.until("it is divided anew", () -> dividedInto() == 2);

        gone.stop();
        depositToTen();

        awaitAllApplied();
        assertThat(dividedInto()).isEqualTo(4);
    }

    @Test
    void an_instance_says_so_when_a_projection_has_failed_where_it_is_divided_otherwise_and_goes_on_when_resumed() {
        ProjectionRunner left = start(appliedEventsProjection().partitions(4).build());
        depositToTen();
        awaitAllApplied();
        ProjectionRunner gone = start(ledger("applied")
                .on(LedgerEvent.class, event -> {
                    throw new IllegalStateException("broken");
                })
                .onError(failure -> FailureDecision.FAIL)
                .partitions(1)
                .build());
        Eventually.until("it is divided anew", () -> dividedInto() == 1);
        GlobalPosition last = deposit(ADA, 1);
        Eventually.until(
                "it has failed", () -> !store.partitions().get(0).failure().isEmpty());
        gone.stop();

        Eventually.until(
                "that is to be seen",
                () -> left.status().get(0).partitions().stream()
                        .allMatch(partition -> partition.state() == ProjectionState.FAILED
                                && !partition.lastFailure().isEmpty()));
        assertThat(left.awaitPosition("applied", last, PATIENCE)).isEqualTo(AwaitOutcome.STOPPED);
        left.resume("applied");

        awaitAllApplied();
        assertThat(dividedInto()).isEqualTo(4);
    }

    @Test
    void an_instance_forgets_a_failure_elsewhere_that_another_one_has_got_over() {
        ProjectionRunner left = start(appliedEventsProjection().partitions(4).build());
        depositToTen();
        awaitAllApplied();
        ProjectionRunner failing = start(ledger("applied")
                .on(LedgerEvent.class, event -> {
                    throw new IllegalStateException("broken");
                })
                .onError(failure -> FailureDecision.FAIL)
                .build());
        Eventually.until("it is divided anew", () -> dividedInto() == 1);
        deposit(ADA, 1);
        Eventually.until(
                "that is to be seen",
                () -> left.status().get(0).partitions().stream()
                        .allMatch(partition -> partition.state() == ProjectionState.FAILED));
        failing.stop();

        ProjectionRunner mended = start(appliedEventsProjection().build());
        awaitAllApplied();
        mended.stop();
        depositToTen();

        awaitAllApplied();
        assertThat(dividedInto()).isEqualTo(4);
    }

    @Test
    void a_reset_is_not_disturbed_by_an_instance_that_divides_the_projection_otherwise() throws Exception {
        CountDownLatch clearing = new CountDownLatch(1);
        CountDownLatch goOn = gate();
        ProjectionRunner resetting = start(appliedEventsProjection()
                .clearedBy(() -> {
                    clearing.countDown();
                    await(goOn);
                    applied.clear();
                })
                .build());
        depositToTen();
        awaitAllApplied();
        CompletableFuture<Void> reset = CompletableFuture.runAsync(() -> resetting.reset("applied"));
        await(clearing);

        AtomicInteger looks = new AtomicInteger();
        ProjectionStore looked = new ForwardingProjectionStore(store) {
            @Override
            public List<PartitionState> partitions() {
                looks.incrementAndGet();
                return super.partitions();
            }
        };
        start(builder(looked).projection(appliedEventsProjection().partitions(4).build()));
        Eventually.until("it has looked a few times", () -> looks.get() > 4);
        goOn.countDown();

        reset.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        awaitAllApplied();
        Eventually.until("it is divided anew", () -> dividedInto() == 4);
    }
}
