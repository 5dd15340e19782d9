package io.eventcore.reaction;

import io.eventcore.Event;
import io.eventcore.EventFilter;
import io.eventcore.RecordedEvent;
import io.eventcore.command.Command;
import io.eventcore.command.CommandContext;
import io.eventcore.command.CommandExecutor;
import io.eventcore.command.CommandId;
import io.eventcore.internal.HandlesTypes;
import io.eventcore.projection.FailureContext;
import io.eventcore.projection.FailureDecision;
import io.eventcore.projection.Projection;
import io.eventcore.projection.ProjectionKind;
import io.eventcore.projection.ProjectionMode;
import java.time.Instant;
import java.util.List;
import java.util.Objects;

/**
 * Runs a reaction. The checkpoint follows the commands in no common transaction: each command has a transaction and
 * retries of its own, and its id makes good for what is delivered again.
 */
class ReactionProjection<E extends Event> implements Projection<E>, HandlesTypes {
    private final Reaction<E> reaction;
    private final CommandExecutor executor;
    private final String scope;

    ReactionProjection(Reaction<E> reaction, CommandExecutor executor) {
        this.reaction = Objects.requireNonNull(reaction, "reaction");
        this.executor = Objects.requireNonNull(executor, "executor");
        this.scope = "reaction/" + reaction.name();
    }

    @Override
    public String name() {
        return reaction.name();
    }

    @Override
    public List<Class<? extends Event>> handledTypes() {
        return HandlesTypes.of(reaction);
    }

    @Override
    public Class<E> eventType() {
        return reaction.eventType();
    }

    @Override
    public EventFilter filter() {
        return reaction.filter();
    }

    @Override
    public Instant since() {
        return reaction.since();
    }

    @Override
    public ProjectionKind kind() {
        return ProjectionKind.REACTION;
    }

    @Override
    public ProjectionMode mode() {
        return ProjectionMode.AT_LEAST_ONCE;
    }

    @Override
    public int partitions() {
        return reaction.partitions();
    }

    @Override
    public void apply(RecordedEvent<E> event) throws Exception {
        CommandContext context = reaction.context(event);
        // A whole event, and the heir of one, has the ids that it had before it was split.
        String id = event.deduplicationId();
        int place = 0;
        for (Command<?, ?> command : answer(event)) {
            execute(command, context, CommandId.of(scope, id + "/" + place));
            place++;
        }
    }

    private List<? extends Command<?, ?>> answer(RecordedEvent<E> event) throws Exception {
        List<? extends Command<?, ?>> answer = reaction.react(event);
        if (answer == null) {
            throw new ReactionRuleException("the answer to the event is null; return List.of() for no commands");
        }
        if (answer.stream().anyMatch(Objects::isNull)) {
            throw new ReactionRuleException("the answer to the event contains a null command");
        }
        return answer;
    }

    /** Executes a command of the answer, unless it was executed before. */
    void execute(Command<?, ?> command, CommandContext context, CommandId commandId) {
        executor.execute(command, context.withCommandId(commandId));
    }

    @Override
    public FailureDecision onError(FailureContext failure) {
        return reaction.onError(failure);
    }

    @Override
    public void clear() {
        throw new UnsupportedOperationException(
                "Reaction '" + name() + "' cannot be reset: the effects of its commands remain");
    }
}
