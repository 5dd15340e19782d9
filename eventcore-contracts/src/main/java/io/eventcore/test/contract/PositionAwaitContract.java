package io.eventcore.test.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.eventcore.GlobalPosition;
import io.eventcore.projection.AwaitOutcome;
import io.eventcore.projection.ProjectionRunner;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** Waiting until a projection has come to a position. */
abstract class PositionAwaitContract extends ProjectionRunnerFixture {
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
        assertThat(runner.awaitPosition("applied", after, PATIENCE)).isEqualTo(AwaitOutcome.STOPPED);
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
}
