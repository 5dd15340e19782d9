package io.eventcore.reaction;

import io.eventcore.Event;
import io.eventcore.EventFilter;
import io.eventcore.RecordedEvent;
import io.eventcore.command.Command;
import io.eventcore.command.CommandContext;
import io.eventcore.command.CommandExecutor;
import io.eventcore.internal.TypeArguments;
import io.eventcore.projection.FailureContext;
import io.eventcore.projection.FailureDecision;
import io.eventcore.projection.Projection;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Answers events with commands: what must happen next because something has happened.
 *
 * <p>Like a {@link Projection}, it receives every committed event that matches its filter, in the order of the log, on
 * one instance of the application at a time. The commands that it returns are executed in order, each in its own
 * transaction, and each <em>exactly once</em>, however often the event comes again after a crash or a take-over: the id
 * of a command consists of the name of the reaction, the id of the event and the command's place in the answer. The
 * event is the cause of the commands, and they belong to its conversation.
 *
 * <p>This holds while {@link #react} is a function of the event, and while the ids of executed commands are kept.
 * Anything else that a decision needs belongs in the command, which reads it from its streams. A command with other
 * content under an executed id is refused ({@link io.eventcore.command.CommandIdReusedException}), never executed as
 * well; a reaction with a {@link #deadline} treats it as executed.
 *
 * <p>In Spring, every bean of this type runs automatically. To make a small one, use {@link #named}.
 *
 * @param <E> the type the events are read as
 * @since 0.1
 */
public interface Reaction<E extends Event> {
    /**
     * The name under which its checkpoint and its commands are stored: 1 to 100 letters, digits, dots, dashes and
     * underscores. Another name is another reaction, which begins at the first event and executes all commands again,
     * as new ones. No projection may have the same name.
     */
    String name();

    /**
     * The type to read the events as. A check, not a filter; see {@link Projection#eventType()}.
     *
     * @return by default the type argument {@code E} of the class
     * @throws IllegalArgumentException by default, if the class leaves it open
     */
    default Class<E> eventType() {
        return TypeArguments.eventTypeOf(this, Reaction.class);
    }

    /** The events that it receives; by default all. */
    default EventFilter filter() {
        return EventFilter.all();
    }

    /**
     * Skips events that were recorded before this time; by default none. A new reaction in an application with a
     * history begins here. Do not change it later.
     */
    default Instant since() {
        return Instant.EPOCH;
    }

    /**
     * What is to be done about an event.
     *
     * @return the commands, in order; empty for none. Always the same for the same event
     * @throws Exception if it fails; {@link #onError} decides what happens then
     */
    List<? extends Command<?, ?>> react(RecordedEvent<E> event) throws Exception;

    /**
     * When {@link #react} is called: at once if this is empty, the default; otherwise when the deadline that the event
     * has set falls due, unless another event has called it off. Made with {@link ReactionBuilder#on(Class)}.
     */
    default Optional<ReactionDeadline<E>> deadline() {
        return Optional.empty();
    }

    /**
     * The context of an event's commands; by default, the event is their cause. The reaction adds the id of the
     * command.
     */
    default CommandContext context(RecordedEvent<E> event) {
        return CommandContext.causedBy(event);
    }

    /** The number of partitions, which run at the same time; see {@link Projection#partitions()}. */
    default int partitions() {
        return 1;
    }

    /**
     * Decides what happens to an event whose commands could not all be executed, including rejections by the domain.
     * Executed commands stay executed. By default, the event is tried five times, then the reaction stops.
     */
    default FailureDecision onError(FailureContext failure) {
        return FailureDecision.retryThenFail(failure);
    }

    /**
     * The reaction as a projection, for a {@link io.eventcore.projection.ProjectionRunner}. It cannot be reset: the
     * effects of its commands remain. A reaction with a deadline can: it sets its deadlines again, and finds the
     * commands that were executed.
     *
     * @param executor executes the commands; must have {@link io.eventcore.command.ExecutedCommands}
     */
    static <E extends Event> Projection<E> asProjection(Reaction<E> reaction, CommandExecutor executor) {
        return reaction.deadline()
                .<Projection<E>>map(deadline -> new DeadlineProjection<>(reaction, deadline, executor))
                .orElseGet(() -> new ReactionProjection<>(reaction, executor));
    }

    /**
     * Begins a reaction made of functions, one for each type of event.
     *
     * <pre>{@code
     * Reaction.named("shipping", OrderEvent.class)
     *         .on(OrderPaid.class, event -> List.of(new ShipOrder(event.streamId())))
     *         .build();
     * }</pre>
     *
     * @param name see {@link #name()}
     * @param eventType see {@link #eventType()}
     */
    static <E extends Event> ReactionBuilder<E> named(String name, Class<E> eventType) {
        return new ReactionBuilder<>(name, eventType);
    }
}
