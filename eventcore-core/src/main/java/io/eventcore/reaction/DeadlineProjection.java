package io.eventcore.reaction;

import io.eventcore.Event;
import io.eventcore.RecordedEvent;
import io.eventcore.command.CommandExecutor;
import io.eventcore.internal.SetsDeadlines;

/** Runs a reaction that answers at a later time: what is stored of that moves with its checkpoint. */
final class DeadlineProjection<E extends Event> extends ReactionProjection<E> implements SetsDeadlines {
    private final ReactionDeadline<E> deadline;

    DeadlineProjection(Reaction<E> reaction, ReactionDeadline<E> deadline, CommandExecutor executor) {
        super(reaction, executor);
        this.deadline = deadline;
    }

    @Override
    @SuppressWarnings("unchecked") // Only events that were read as this type are handed to a projection.
    public void tell(RecordedEvent<?> event, Told told) throws Exception {
        deadline.tell((RecordedEvent<E>) event, told);
    }

    @Override
    @SuppressWarnings("unchecked") // As above.
    public void execute(RecordedEvent<?> event) throws Exception {
        apply((RecordedEvent<E>) event);
    }

    @Override
    public int maxPerSecond() {
        return deadline.maxPerSecond();
    }

    /** Its deadlines are forgotten with its checkpoint, and what was executed is found by its command id. */
    @Override
    public void clear() {
        // There is nothing else.
    }
}
