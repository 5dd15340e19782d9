package io.eventcore.projection;

import io.eventcore.GlobalPosition;
import java.time.Instant;
import java.util.Objects;
import java.util.UUID;

/**
 * A deadline of a reaction that no event has called off so far. Holds only the place of the event that set it, which is
 * read again when the deadline falls due. Immutable.
 *
 * @param position the place of the event in the log
 * @param part which {@linkplain io.eventcore.RecordedEvent#part() part} of the stored event has set it
 * @param eventId the id of the event
 * @param dueAt when it falls due, by the clock of the store, in microseconds
 * @param failure why it was parked: the type of the exception, without its message; empty if it is not parked
 * @since 0.1
 */
public record PendingDeadline(GlobalPosition position, long part, UUID eventId, Instant dueAt, String failure) {
    /** Checks that everything is given. */
    public PendingDeadline {
        Objects.requireNonNull(position, "position");
        Objects.requireNonNull(eventId, "eventId");
        Objects.requireNonNull(dueAt, "dueAt");
        Objects.requireNonNull(failure, "failure");
    }

    /** Its place in the order in which deadlines fall due. */
    public DeadlinePlace place() {
        return new DeadlinePlace(dueAt, position, part);
    }

    /** Whether it was parked, and waits for an operator. */
    public boolean isParked() {
        return !failure.isEmpty();
    }

    /** Whether it is the same deadline, whatever its state. */
    boolean isSameAs(PendingDeadline other) {
        return position.equals(other.position) && part == other.part;
    }
}
