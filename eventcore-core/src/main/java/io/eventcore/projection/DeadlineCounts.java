package io.eventcore.projection;

import java.time.Duration;
import java.util.Objects;

/**
 * How many deadlines a version of a reaction has. Each number is counted only up to {@value #COUNTED_UP_TO}, so that
 * counting costs little. Immutable.
 *
 * @param pending how many are waiting, overdue ones included
 * @param overdue how many are due and not yet executed
 * @param parked how many are parked
 * @param oldestOverdue how long the oldest unexecuted one has been overdue; zero if none is
 * @since 0.1
 */
public record DeadlineCounts(int pending, int overdue, int parked, Duration oldestOverdue) {
    /** Larger numbers are reported as this one. */
    public static final int COUNTED_UP_TO = 100_000;

    /** There are none. */
    public static final DeadlineCounts NONE = new DeadlineCounts(0, 0, 0, Duration.ZERO);

    /** Checks that everything is given. */
    public DeadlineCounts {
        Objects.requireNonNull(oldestOverdue, "oldestOverdue");
    }
}
