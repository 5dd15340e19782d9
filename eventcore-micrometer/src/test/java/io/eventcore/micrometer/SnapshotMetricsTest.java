package io.eventcore.micrometer;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.snapshot.SnapshotListener.ReplayReason;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class SnapshotMetricsTest {
    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final SnapshotMetrics metrics = new SnapshotMetrics(meters);

    @Test
    void what_becomes_of_snapshots_is_counted_by_the_simple_name_of_the_command() {
        metrics.used("com.example.TransferMoney");
        metrics.used("com.example.TransferMoney");
        metrics.saved("com.example.Bank$TransferMoney");
        metrics.dropped("TransferMoney");

        assertThat(count("used")).isEqualTo(2);
        assertThat(count("saved")).isEqualTo(1);
        assertThat(count("dropped")).isEqualTo(1);
    }

    @Test
    void every_reason_for_a_replay_has_an_outcome_of_its_own() {
        for (ReplayReason reason : ReplayReason.values()) {
            metrics.replayed("com.example.TransferMoney", reason);
        }

        assertThat(meters.find(SnapshotMetrics.SNAPSHOTS).counters())
                .extracting(counter -> counter.getId().getTag("outcome"))
                .containsExactlyInAnyOrderElementsOf(Stream.of(ReplayReason.values())
                        .map(reason -> reason.name().toLowerCase(Locale.ROOT))
                        .toList());
        assertThat(meters.find(SnapshotMetrics.SNAPSHOTS).counters())
                .extracting(Counter::count)
                .containsOnly(1.0);
    }

    private double count(String outcome) {
        return meters.get(SnapshotMetrics.SNAPSHOTS)
                .tag("command", "TransferMoney")
                .tag("outcome", outcome)
                .counter()
                .count();
    }
}
