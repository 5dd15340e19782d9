package io.eventcore.reaction;

import io.eventcore.Event;
import io.eventcore.RecordedEvent;
import io.eventcore.command.Command;
import io.eventcore.command.CommandContext;
import io.eventcore.command.CommandExecutor;
import io.eventcore.command.CommandId;
import io.eventcore.command.CommandIdReusedException;
import io.eventcore.internal.SetsDeadlines;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs a reaction that answers at a later time: what is stored of that moves with its checkpoint. */
final class DeadlineProjection<E extends Event> extends ReactionProjection<E> implements SetsDeadlines {
    private static final Logger LOG = LoggerFactory.getLogger(DeadlineProjection.class);

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

    /**
     * What was executed stays so, also where it would be another command today: the code was changed, or the subject of
     * the event erased, before a reset has set the deadline anew. A reaction that answers at once has no reset, and is refused.
     */
    @Override
    void execute(Command<?, ?> command, CommandContext context, CommandId commandId) {
        try {
            super.execute(command, context, commandId);
        } catch (CommandIdReusedException e) {
            if (!e.commandId().equals(commandId)) {
                throw e;
            }
            LOG.debug("Command '{}' was executed before with other content than it would have today", commandId);
        }
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
