package io.eventcore.projection;

import io.eventcore.GlobalPosition;
import java.time.Instant;
import java.util.Objects;

/**
 * A place in the order in which deadlines fall due: after which one the next page begins, whether that one is still there or
 * not. Immutable.
 *
 * @param dueAt when a deadline falls due, in microseconds
 * @param position the place of its event in the log, by which those of one time are in order
 * @param part which part of the event has set it, by which those of one event are
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
