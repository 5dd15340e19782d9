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
 * Answers events with commands: what is to happen next because something has happened.
 *
 * <p>It is given every committed event that matches its filter, in the order of the log, by one instance of the
 * application at a time, as a {@link Projection} is. The commands that it returns are executed in order, each in a
 * transaction of its own, and each <em>exactly once</em>, however often the event comes again after a crash or a
 * take-over: the id of a command is made of the name of the reaction, the id of the event and the command's place in the
 * answer. The event is their cause, and they stay in its conversation.
 *
 * <p>This holds as long as {@link #react} is a function of the event, and as long as the ids of executed commands are
 * kept. What else a decision needs belongs into the command, which reads it from its streams. A command with other
 * content under an id that was executed is refused ({@link io.eventcore.command.CommandIdReusedException}), never
 * executed as well; a reaction with a {@link #deadline} takes it as executed.
 *
 * <p>In Spring every bean of this type runs by itself. A small one is made by {@link #named}.
 *
 * @param <E> the type the events are read as
 * @since 0.1
 */
public interface Reaction<E extends Event> {
    /**
     * What its checkpoint and its commands are remembered under: 1 to 100 letters, digits, dots, dashes and underscores.
     * Another name is another reaction, which begins at the first event and executes all commands as new ones. No
     * projection may have the same.
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

    /** Which events are wanted; by default all. */
    default EventFilter filter() {
        return EventFilter.all();
    }

    /**
     * Events that were recorded earlier are passed over; by default none. A reaction that is new to an application with a
     * history begins here. Do not change it later.
     */
    default Instant since() {
        return Instant.EPOCH;
    }

    /**
     * What is to be done about an event.
     *
     * @return the commands, in their order; empty for nothing. The same for the same event, each time
     * @throws Exception if that cannot be said; {@link #onError} decides what happens then
     */
    List<? extends Command<?, ?>> react(RecordedEvent<E> event) throws Exception;

    /**
     * When {@link #react} is asked: at once if it is empty, as it is by default, and otherwise when a deadline falls due that
     * the event has set and no other event has called off. Made by {@link ReactionBuilder#on(Class)}.
     */
    default Optional<ReactionDeadline<E>> deadline() {
        return Optional.empty();
    }

    /**
     * What the commands of an event are executed under; by default that the event is their cause. The id of the command
     * is added.
     */
    default CommandContext context(RecordedEvent<E> event) {
        return CommandContext.causedBy(event);
    }

    /** Into how many parts it is divided that go on at the same time; see {@link Projection#partitions()}. */
    default int partitions() {
        return 1;
    }

    /**
     * Decides about an event whose commands could not all be executed; a rejection by the domain comes here too. Those
     * that were executed stay so. By default it is tried five times and then the reaction stops.
     */
    default FailureDecision onError(FailureContext failure) {
        return FailureDecision.retryThenFail(failure);
    }

    /**
     * A reaction as what a {@link io.eventcore.projection.ProjectionRunner} runs. It cannot be reset: what its commands
     * did stays. One with a deadline can: deadlines are set anew, and commands that were executed are found.
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
