package io.eventcore.test;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.Event;
import io.eventcore.GlobalPosition;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.command.Command;
import io.eventcore.memory.InMemoryEventStore;
import io.eventcore.reaction.Reaction;
import io.eventcore.serialization.EventSerializer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * Tests a reaction without a store and without a runner: what has happened, and which commands answer it.
 *
 * <pre>{@code
 * ReactionScenario.given(new OrderPaid(order))
 *         .when(shipping)
 *         .then(new ShipOrder(order));
 * }</pre>
 *
 * <p>The commands are not executed. A reaction that answers the same event in two ways fails the scenario, because its
 * commands are told apart by their place in the answer. {@link Reaction#since()} does not count. Immutable.
 *
 * @since 0.1
 */
public final class ReactionScenario {
    private final GivenEvents given;
    private final EventSerializer serializer;

    private ReactionScenario(GivenEvents given, EventSerializer serializer) {
        this.given = given;
        this.serializer = serializer;
    }

    /** These events have happened, in this order, each in the stream that it names. */
    public static ReactionScenario given(Event... events) {
        return new ReactionScenario(GivenEvents.none().and(List.of(events)), new AnyEvent());
    }

    /** These events have happened, in this order, in this stream: for events that do not name theirs. */
    public static ReactionScenario given(StreamId streamId, Event... events) {
        return given().and(streamId, events);
    }

    /** After what is given so far these events have happened, in this order, each in the stream that it names. */
    public ReactionScenario and(Event... events) {
        return new ReactionScenario(given.and(List.of(events)), serializer);
    }

    /** After what is given so far these events have happened, in this order, in this stream. */
    public ReactionScenario and(StreamId streamId, Event... events) {
        return new ReactionScenario(given.and(streamId, List.of(events)), serializer);
    }

    /** This scenario with events that are stored by a serializer of the application. */
    public ReactionScenario storedBy(EventSerializer eventSerializer) {
        return new ReactionScenario(given, Objects.requireNonNull(eventSerializer, "eventSerializer"));
    }

    /**
     * The reaction is given the events that its filter wants.
     *
     * @throws AssertionError if it answers an event in two ways, or throws a checked exception; other ones pass through
     */
    public <E extends Event> Outcome when(Reaction<E> reaction) {
        InMemoryEventStore store = given.storedBy(serializer);
        List<Command<?, ?>> commands = new ArrayList<>();
        store.forEachEvent(reaction.filter(), GlobalPosition.START, reaction.eventType(), event -> {
            List<? extends Command<?, ?>> answer = react(reaction, event);
            failIfDifferent(reaction, event, answer, react(reaction, event));
            commands.addAll(answer);
        });
        return new Outcome(commands);
    }

    private static <E extends Event> List<? extends Command<?, ?>> react(Reaction<E> reaction, RecordedEvent<E> event) {
        try {
            return reaction.react(event);
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new AssertionError("Reaction '" + reaction.name() + "' has failed", e);
        }
    }

    /** Of commands that are no records only the classes are compared: they need not have an equals. */
    private static void failIfDifferent(
            Reaction<?> reaction,
            RecordedEvent<?> event,
            List<? extends Command<?, ?>> first,
            List<? extends Command<?, ?>> second) {
        if (!comparable(first).equals(comparable(second))) {
            throw new AssertionError(
                    "Reaction '%s' answers %s with %s and then with %s: it must be a function of the event"
                            .formatted(
                                    reaction.name(), event.event().getClass().getName(), names(first), names(second)));
        }
    }

    private static List<Object> comparable(List<? extends Command<?, ?>> commands) {
        List<Object> comparable = new ArrayList<>();
        commands.forEach(command -> comparable.add(command instanceof Record ? command : command.getClass()));
        return comparable;
    }

    private static List<String> names(List<? extends Command<?, ?>> commands) {
        return commands.stream().map(command -> command.getClass().getName()).toList();
    }

    /**
     * What a reaction answers.
     *
     * @since 0.1
     */
    public static final class Outcome {
        private final List<Command<?, ?>> commands;

        private Outcome(List<Command<?, ?>> commands) {
            this.commands = List.copyOf(commands);
        }

        /** Exactly these commands are to be executed, in this order. They are compared by {@code equals}, as records do. */
        public void then(Command<?, ?>... expected) {
            assertThat(commands).isEqualTo(List.of(expected));
        }

        /** Nothing is to be done. */
        public void thenNothing() {
            then();
        }

        /** The commands, to look at them more closely. */
        public List<Command<?, ?>> commands() {
            return commands;
        }
    }
}
