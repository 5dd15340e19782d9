package io.eventcore.micrometer;

import io.eventcore.snapshot.SnapshotListener;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Locale;
import java.util.Objects;

/**
 * Counts the outcomes of snapshots: {@value #SNAPSHOTS} with the tag {@code command}, the simple name of the command's
 * class, and the tag {@code outcome}: {@code used}, {@code saved}, {@code dropped}, or why all events were folded
 * although there was one ({@code outdated}, {@code unreadable}, {@code partial}, {@code late_event},
 * {@code ahead_of_log}, {@code unavailable}). Safe for any number of threads.
 *
 * @since 0.1
 */
public final class SnapshotMetrics implements SnapshotListener {
    /** The name of the counter. */
    public static final String SNAPSHOTS = "eventcore.snapshots";

    private final MeterRegistry meters;

    /** Counts into this registry. */
    public SnapshotMetrics(MeterRegistry meters) {
        this.meters = Objects.requireNonNull(meters, "meters");
    }

    @Override
    public void used(String commandType) {
        count(commandType, "used");
    }

    @Override
    public void replayed(String commandType, ReplayReason reason) {
        count(commandType, reason.name().toLowerCase(Locale.ROOT));
    }

    @Override
    public void saved(String commandType) {
        count(commandType, "saved");
    }

    @Override
    public void dropped(String commandType) {
        count(commandType, "dropped");
    }

    private void count(String commandType, String outcome) {
        String name = commandType.substring(Math.max(commandType.lastIndexOf('.'), commandType.lastIndexOf('$')) + 1);
        Counter.builder(SNAPSHOTS)
                .tag("command", name)
                .tag("outcome", outcome)
                .register(meters)
                .increment();
    }
}
