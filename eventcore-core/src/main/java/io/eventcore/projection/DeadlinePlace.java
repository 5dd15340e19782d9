package io.eventcore.projection;

import io.eventcore.GlobalPosition;
import java.time.Instant;
import java.util.Objects;

/**
 * A place in the order in which deadlines fall due: the next page begins after it, whether that deadline still exists
 * or not. Immutable.
 *
 * @param dueAt when a deadline falls due, in microseconds
 * @param position the place of its event in the log, which orders deadlines of the same time
 * @param part which part of the event has set it, which orders deadlines of the same event
 * @since 0.1
 */
public record DeadlinePlace(Instant dueAt, GlobalPosition position, long part) {
    /** Before all deadlines. */
    public static final DeadlinePlace START = new DeadlinePlace(Instant.EPOCH, GlobalPosition.START, 0);

    /** Checks that everything is given. */
    public DeadlinePlace {
        Objects.requireNonNull(dueAt, "dueAt");
        Objects.requireNonNull(position, "position");
    }
}
