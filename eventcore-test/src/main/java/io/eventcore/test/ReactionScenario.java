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
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;

/**
 * Tests a reaction without a store and without a runner: given events, and the commands that answer them.
 *
 * <pre>{@code
 * ReactionScenario.given(new OrderPaid(order))
 *         .when(shipping)
 *         .then(new ShipOrder(order));
 * }</pre>
 *
 * <p>If a reaction has a deadline, let time pass between the given events, and after them:
 *
 * <pre>{@code
 * ReactionScenario.given(new SeatReserved(seat, reservation))
 *         .after(Duration.ofMinutes(15))
 *         .when(releaseUnpaidSeats)
 *         .then(new ReleaseSeat(seat, reservation));
 * }</pre>
 *
 * <p>The commands are not executed. A reaction that answers the same event in two ways fails the scenario, because its
 * commands are told apart by their place in the answer. {@link Reaction#since()} does not count. Immutable.
 *
 * @since 0.1
 */
public final class ReactionScenario {
    private final GivenEvents given;
    private final Duration time;
    private final EventSerializer serializer;

    private ReactionScenario(GivenEvents given, Duration time, EventSerializer serializer) {
        this.given = given;
        this.time = time;
        this.serializer = serializer;
    }

    /** These events have happened, in this order, each in the stream that it names. */
    public static ReactionScenario given(Event... events) {
        return new ReactionScenario(GivenEvents.none().and(List.of(events)), Duration.ZERO, new AnyEvent());
    }

    /** These events have happened, in this order, in this stream: for events that do not name theirs. */
    public static ReactionScenario given(StreamId streamId, Event... events) {
        return given().and(streamId, events);
    }

    /** After the given events, these events have happened, in this order, each in the stream that it names. */
    public ReactionScenario and(Event... events) {
        return new ReactionScenario(given.and(time, List.of(events)), time, serializer);
    }

    /** After the given events, these events have happened, in this order, in this stream. */
    public ReactionScenario and(StreamId streamId, Event... events) {
        return new ReactionScenario(given.and(time, streamId, List.of(events)), time, serializer);
    }

    /**
     * This much time has passed after the given events.
     *
     * @throws IllegalArgumentException if it is negative
     */
    public ReactionScenario after(Duration passed) {
        if (passed.isNegative()) {
            throw new IllegalArgumentException("Time does not go back, but it should pass by " + passed);
        }
        return new ReactionScenario(given, time.plus(passed), serializer);
    }

    /** This scenario with a serializer of the application. */
    public ReactionScenario storedBy(EventSerializer eventSerializer) {
        return new ReactionScenario(given, time, Objects.requireNonNull(eventSerializer, "eventSerializer"));
    }

    /**
     * Passes to the reaction the events that its filter wants. A reaction with a deadline answers those whose deadlines
     * have fallen due by now and were not called off, in the order in which they fell due.
     *
     * @throws AssertionError if it answers an event in two ways, or throws a checked exception; other ones pass through
     */
    public <E extends Event> Outcome when(Reaction<E> reaction) {
        InMemoryEventStore store = given.storedBy(serializer);
        List<Command<?, ?>> commands = new ArrayList<>();
        List<RecordedEvent<E>> events = new ArrayList<>();
        store.forEachEvent(reaction.filter(), GlobalPosition.START, reaction.eventType(), events::add);
        Supplier<String> told = () -> "";
        List<RecordedEvent<E>> answered = events;
        if (reaction.deadline().isPresent()) {
            GivenDeadlines<E> deadlines =
                    new GivenDeadlines<>(reaction, given.begin().plus(time));
            answered = deadlines.dueAmong(events);
            told = deadlines::told;
        }
        for (RecordedEvent<E> event : answered) {
            List<? extends Command<?, ?>> answer = react(reaction, event);
            failIfDifferent(reaction, event, answer, react(reaction, event));
            commands.addAll(answer);
        }
        return new Outcome(commands, told);
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
        private final Supplier<String> deadlines;

        private Outcome(List<Command<?, ?>> commands, Supplier<String> deadlines) {
            this.commands = List.copyOf(commands);
            this.deadlines = deadlines;
        }

        /**
         * Asserts exactly these commands, in this order. Compares them with {@code equals}, as records implement it.
         *
         * @throws AssertionError if the commands differ; for a reaction with a deadline, the message says what happened
         *     to each deadline
         */
        public void then(Command<?, ?>... expected) {
            assertThat(commands).as(deadlines).isEqualTo(List.of(expected));
        }

        /** Asserts that there is no command. */
        public void thenNothing() {
            then();
        }

        /** The commands, for further assertions. */
        public List<Command<?, ?>> commands() {
            return commands;
        }
    }
}
