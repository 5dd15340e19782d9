package io.eventcore.test.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.GlobalPosition;
import io.eventcore.StreamId;
import io.eventcore.projection.FailureDecision;
import io.eventcore.projection.ProjectionBuilder;
import io.eventcore.projection.ProjectionRunner;
import io.eventcore.projection.ProjectionState;
import java.util.concurrent.atomic.AtomicBoolean;
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
}
