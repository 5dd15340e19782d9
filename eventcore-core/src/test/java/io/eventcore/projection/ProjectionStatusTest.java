package io.eventcore.projection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.eventcore.GlobalPosition;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class ProjectionStatusTest {
    private final AtomicLong nanos = new AtomicLong();
    private final ProjectionCounts counts = new ProjectionCounts(nanos::get);

    @Test
    void the_rate_comes_to_that_of_the_last_seconds_and_dies_away_when_nothing_happens() {
        for (int second = 0; second < 60; second++) {
            passSeconds(1);
            counts.moved(200);
        }
        assertThat(counts.positionsPerSecond()).isCloseTo(200, within(2.0));

        for (int second = 0; second < 60; second++) {
            passSeconds(1);
            counts.moved(50);
        }
        assertThat(counts.positionsPerSecond()).isCloseTo(50, within(2.0));

        passSeconds(60);
        assertThat(counts.positionsPerSecond()).isLessThan(1);
    }

    @Test
    void the_time_left_follows_from_the_lag_and_the_rate() {
        assertThat(part(1_000, 50).estimatedTimeLeft()).contains(Duration.ofSeconds(20));
        assertThat(part(0, 0).estimatedTimeLeft()).contains(Duration.ZERO);
        assertThat(part(1_000, 0).estimatedTimeLeft()).isEmpty();
    }

    @Test
    void no_time_is_told_of_a_part_that_does_not_go_on_by_itself() {
        assertThat(part(ProjectionState.FAILED, 1_000, 50).estimatedTimeLeft()).isEmpty();
        assertThat(part(ProjectionState.FAILED, 0, 50).estimatedTimeLeft()).isEmpty();
        assertThat(part(ProjectionState.PAUSED, 1_000, 50).estimatedTimeLeft()).isEmpty();
        assertThat(part(ProjectionState.PAUSED, 0, 50).estimatedTimeLeft()).contains(Duration.ZERO);
        assertThat(part(ProjectionState.STOPPED, 1_000, 50).estimatedTimeLeft()).isEmpty();
        assertThat(part(ProjectionState.RETRYING, 1_000, 50).estimatedTimeLeft())
                .isEmpty();
        assertThat(part(ProjectionState.RETRYING, 0, 50).estimatedTimeLeft()).contains(Duration.ZERO);
    }

    @Test
    void a_projection_is_as_slow_as_its_slowest_part() {
        ProjectionStatus status = status(part(1_000, 50), part(100, 200));

        assertThat(status.positionsPerSecond()).isEqualTo(50);
        assertThat(status.estimatedTimeLeft()).contains(Duration.ofSeconds(20));
        assertThat(status.lagInEvents()).isEqualTo(1_000);
    }

    @Test
    void nothing_is_estimated_of_a_projection_of_which_a_part_stands_still() {
        ProjectionStatus status = status(part(1_000, 50), part(100, 0));

        assertThat(status.estimatedTimeLeft()).isEmpty();
    }

    @Test
    void a_version_is_named_where_it_is_not_the_first() {
        assertThat(new ProjectionPartition("balances", 1, 3)).hasToString("balances/3");
        assertThat(new ProjectionPartition("balances", 2, 3)).hasToString("balances@2/3");
        assertThat(new ProjectionPartition("balances", ProjectionPartition.SIDE_EFFECTS, 0))
                .hasToString("balances@side-effects/0");
    }

    private void passSeconds(int seconds) {
        nanos.addAndGet(TimeUnit.SECONDS.toNanos(seconds));
    }

    @Test
    void two_that_say_the_same_are_equal() {
        assertThat(status(part(1, 2))).isEqualTo(status(part(1, 2))).hasSameHashCodeAs(status(part(1, 2)));
        assertThat(status(part(1, 2))).isNotEqualTo(status(part(1, 3))).isNotEqualTo(status());
    }

    private static ProjectionStatus status(ProjectionStatus.Partition... parts) {
        return ProjectionStatus.builder("balances").partitions(List.of(parts)).build();
    }

    private static ProjectionStatus.Partition part(long lag, double positionsPerSecond) {
        return part(ProjectionState.CATCHING_UP, lag, positionsPerSecond);
    }

    private static ProjectionStatus.Partition part(ProjectionState state, long lag, double positionsPerSecond) {
        return ProjectionStatus.Partition.builder(0, state, GlobalPosition.START)
                .behind(lag, Duration.ZERO)
                .positionsPerSecond(positionsPerSecond)
                .build();
    }
}
