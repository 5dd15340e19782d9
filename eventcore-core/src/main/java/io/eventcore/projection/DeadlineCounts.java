package io.eventcore.projection;

import java.time.Duration;
import java.util.Objects;

/**
 * How many deadlines a version of a reaction has. Each number is counted up to {@value #COUNTED_UP_TO} and not beyond, so that
 * asking costs little. Immutable.
 *
 * @param pending how many wait, those that are overdue included
 * @param overdue how many are due and not executed yet
 * @param parked how many are set aside
 * @param oldestOverdue how long the oldest is due that is not executed yet; zero if none is
 * @since 0.1
 */
public record DeadlineCounts(int pending, int overdue, int parked, Duration oldestOverdue) {
    /** What is more is told as this many. */
    public static final int COUNTED_UP_TO = 100_000;

    /** There are none. */
    public static final DeadlineCounts NONE = new DeadlineCounts(0, 0, 0, Duration.ZERO);

    /** Checks that everything is given. */
    public DeadlineCounts {
        Objects.requireNonNull(oldestOverdue, "oldestOverdue");
    }
}
