package io.eventcore.projection;

import io.eventcore.GlobalPosition;
import io.eventcore.RecordedEvent;
import java.util.Objects;
import java.util.UUID;

/**
 * How far a projection has progressed.
 *
 * <p>Besides the position, it names the last event that the projection has seen. So the projection notices that the log
 * was set back, by a failover that lost commits or by a restored backup, instead of reading on. Immutable.
 *
 * @param position the position to continue after; every event up to it has been processed
 * @param seenPosition the position of the last event seen; {@link GlobalPosition#START} if there was none yet
 * @param seenEventId the id of that event; {@link #NO_EVENT} if there was none yet
 * @since 0.1
 */
public record Checkpoint(GlobalPosition position, GlobalPosition seenPosition, UUID seenEventId) {
    /** Stands for the id of an event if there is none. */
    public static final UUID NO_EVENT = new UUID(0, 0);

    /** Before the first event. */
    public static final Checkpoint START = new Checkpoint(GlobalPosition.START, GlobalPosition.START, NO_EVENT);

    /** Checks that everything is given. */
    public Checkpoint {
        Objects.requireNonNull(position, "position");
        Objects.requireNonNull(seenPosition, "seenPosition");
        Objects.requireNonNull(seenEventId, "seenEventId");
    }

    /** The checkpoint after this event. */
    public Checkpoint after(RecordedEvent<?> event) {
        return new Checkpoint(event.position(), event.position(), event.id());
    }

    /** The checkpoint at a later position, after events that the projection does not want. */
    public Checkpoint movedTo(GlobalPosition further) {
        return new Checkpoint(further, seenPosition, seenEventId);
    }

    /** Whether the projection has seen an event. */
    public boolean hasSeenEvent() {
        return !seenPosition.equals(GlobalPosition.START);
    }
}
