package io.eventcore.test;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.Event;
import io.eventcore.EventFilter;
import io.eventcore.EventSerializationException;
import io.eventcore.GlobalPosition;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.command.Command;
import io.eventcore.command.CommandContext;
import io.eventcore.command.CommandExecutor;
import io.eventcore.command.RetryPolicy;
import io.eventcore.memory.InMemoryEventStore;
import io.eventcore.serialization.EventSerializer;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.assertj.core.api.AbstractThrowableAssert;
import org.assertj.core.api.ThrowableAssert;
import org.jspecify.annotations.Nullable;

/**
 * Tests a command without a database: given events, a command, and the expected result.
 *
 * <pre>{@code
 * CommandScenario.given(new MoneyDeposited(account, 100))
 *         .when(new WithdrawMoney(account, 30))
 *         .then(new MoneyWithdrawn(account, 30));
 *
 * CommandScenario.givenNothing()
 *         .when(new WithdrawMoney(account, 30))
 *         .thenRejected(BusinessRuleViolationException.class);
 * }</pre>
 *
 * <p>Runs the command as the executor does, streams and discovery included, in memory. Events need no names, but each
 * of them must survive its JSON form, as in a database; otherwise the scenario fails. A command that changes its state
 * or a folded event while it decides fails with an {@link AssertionError} that names the place. So does a scenario with
 * an event that is in no stream, and carries no tag, that the command decides on. Immutable; a scenario may be
 * continued in several ways.
 *
 * @since 0.1
 */
public final class CommandScenario {
    private final GivenEvents given;
    private final Instant now;
    private final EventSerializer serializer;

    private CommandScenario(GivenEvents given, Instant now, EventSerializer serializer) {
        this.given = given;
        this.now = now;
        this.serializer = serializer;
    }

    /** These events have happened, in this order, each in the stream that it names. */
    public static CommandScenario given(Event... events) {
        return given(List.of(events));
    }

    /** These events have happened, in this order, each in the stream that it names. */
    public static CommandScenario given(List<? extends Event> events) {
        return new CommandScenario(GivenEvents.none().and(events), Instant.EPOCH, new AnyEvent());
    }

    /** These events have happened, in this order, in this stream: for events that do not name theirs. */
    public static CommandScenario given(StreamId streamId, Event... events) {
        return givenNothing().and(streamId, events);
    }

    /** Nothing has happened yet. */
    public static CommandScenario givenNothing() {
        return given(List.of());
    }

    /** After the given events, these events have happened, in this order, each in the stream that it names. */
    public CommandScenario and(Event... events) {
        return new CommandScenario(given.and(List.of(events)), now, serializer);
    }

    /** After the given events, these events have happened, in this order, in this stream. */
    public CommandScenario and(StreamId streamId, Event... events) {
        return new CommandScenario(given.and(streamId, List.of(events)), now, serializer);
    }

    /** This scenario at a time, which {@link CommandContext#now()} returns; by default the beginning of 1970. */
    public CommandScenario at(Instant time) {
        return new CommandScenario(given, Objects.requireNonNull(time, "time"), serializer);
    }

    /**
     * This scenario with a serializer of the application, for events with types that the Jackson modules on the class
     * path do not know.
     */
    public CommandScenario storedBy(EventSerializer eventSerializer) {
        return new CommandScenario(given, now, Objects.requireNonNull(eventSerializer, "eventSerializer"));
    }

    /**
     * A command is given.
     *
     * @throws EventSerializationException if an event would not come back unchanged
     */
    public <S, E extends Event> Outcome when(Command<S, E> command) {
        return when(command, CommandContext.empty());
    }

    /**
     * A command is given with a context.
     *
     * @throws EventSerializationException if an event would not come back unchanged
     */
    public <S, E extends Event> Outcome when(Command<S, E> command, CommandContext context) {
        InMemoryEventStore store = given.storedBy(serializer);
        CommandExecutor executor = CommandExecutor.builder(store)
                .retryPolicy(RetryPolicy.never())
                .clock(Clock.fixed(now, ZoneOffset.UTC))
                .build();
        GlobalPosition before = store.lastPosition();
        WatchedCommand<S, E> watched = new WatchedCommand<>(command, serializer);
        RuntimeException rejection = null;
        try {
            executor.execute(watched, context);
        } catch (EventSerializationException e) {
            throw e;
        } catch (RuntimeException e) {
            rejection = e;
        }
        failIfUnread(command, watched);
        List<RecordedEvent<Event>> recorded = new ArrayList<>();
        store.forEachEvent(EventFilter.all(), before, Event.class, recorded::add);
        return new Outcome(recorded, rejection);
    }

    /** An event that the command never sees makes the scenario weaker than it seems. */
    private void failIfUnread(Command<?, ?> command, WatchedCommand<?, ?> watched) {
        Set<StreamId> unread = given.streamsOfOthers(each -> watched.isAbout(each.streamId(), each.event()));
        if (watched.hasDecided() && !unread.isEmpty()) {
            throw new AssertionError("What is given in %s does not count: %s decides on %s"
                    .formatted(unread, command.getClass().getName(), watched.subjects()));
        }
    }

    /**
     * The result of a command.
     *
     * @since 0.1
     */
    public static final class Outcome {
        private final List<RecordedEvent<Event>> recorded;
        private final @Nullable RuntimeException rejection;

        private Outcome(List<RecordedEvent<Event>> recorded, @Nullable RuntimeException rejection) {
            this.recorded = List.copyOf(recorded);
            this.rejection = rejection;
        }

        /**
         * Exactly these events happen, in this order.
         *
         * @return the events in stored form, for further assertions
         */
        public List<RecordedEvent<Event>> then(Event... events) {
            if (rejection != null) {
                throw new AssertionError("The command was rejected: " + rejection, rejection);
            }
            assertThat(recorded).extracting(RecordedEvent::event).containsExactly(events);
            return recorded;
        }

        /** The command is accepted, and nothing happens. */
        public void thenUnchanged() {
            then();
        }

        /**
         * The command is rejected.
         *
         * @param type the type of the exception, or one above it
         * @return the exception, for further assertions
         */
        public AbstractThrowableAssert<?, ? extends Throwable> thenRejected(Class<? extends RuntimeException> type) {
            if (rejection == null) {
                throw new AssertionError("The command was not rejected; what happened: "
                        + recorded.stream().map(RecordedEvent::event).toList());
            }
            return new ThrowableAssert<>(rejection).isInstanceOf(type);
        }
    }
}
