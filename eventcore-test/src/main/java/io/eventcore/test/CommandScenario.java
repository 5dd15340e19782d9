package io.eventcore.test;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.Event;
import io.eventcore.EventBatch;
import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.EventSerializationException;
import io.eventcore.ExpectedVersion;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamWrites;
import io.eventcore.command.Command;
import io.eventcore.command.CommandContext;
import io.eventcore.command.CommandExecutor;
import io.eventcore.command.RetryPolicy;
import io.eventcore.memory.InMemoryEventStore;
import io.eventcore.serialization.EventJson;
import io.eventcore.serialization.EventSerializer;
import io.eventcore.serialization.EventTypes;
import io.eventcore.serialization.JacksonEventSerializer;
import io.eventcore.serialization.SerializedEvent;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.assertj.core.api.AbstractThrowableAssert;
import org.assertj.core.api.ThrowableAssert;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/**
 * Tests a command without a database: what has happened, what is asked for, what happens then.
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
 * <p>Runs the command as the executor does, streams and discovery included, in memory. Events need no names, but each of
 * them must survive its JSON form, as it would in a database: a scenario with one that does not fails. A command that
 * changes its state while it decides fails with an {@link AssertionError} that names the place. Immutable; a scenario may
 * be continued in several ways.
 *
 * @since 0.1
 */
public final class CommandScenario {
    private static final int PAGE_SIZE = 1_000;

    private final List<Event> given;
    private final Instant now;
    private final EventSerializer serializer;

    private CommandScenario(List<Event> given, Instant now, EventSerializer serializer) {
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
        return new CommandScenario(List.copyOf(events), Instant.EPOCH, new AnyEvent());
    }

    /** Nothing has happened yet. */
    public static CommandScenario givenNothing() {
        return given(List.of());
    }

    /** This scenario at a time: what {@link CommandContext#now()} says. The beginning of 1970 unless given. */
    public CommandScenario at(Instant time) {
        return new CommandScenario(given, Objects.requireNonNull(time, "time"), serializer);
    }

    /**
     * This scenario with events that are stored by a serializer of the application: one that knows its types, where
     * Jackson's modules on the class path do not.
     */
    public CommandScenario storedBy(EventSerializer eventSerializer) {
        return new CommandScenario(given, now, Objects.requireNonNull(eventSerializer, "eventSerializer"));
    }

    /**
     * A command is given.
     *
     * @throws EventSerializationException if an event would not come back as it is
     */
    public <S, E extends Event> Outcome when(Command<S, E> command) {
        return when(command, CommandContext.empty());
    }

    /**
     * A command is given with a context.
     *
     * @throws EventSerializationException if an event would not come back as it is
     */
    public <S, E extends Event> Outcome when(Command<S, E> command, CommandContext context) {
        InMemoryEventStore store = new InMemoryEventStore(serializer);
        for (Event event : given) {
            store.appendEvents(StreamWrites.to(event.streamId(), ExpectedVersion.any(), event));
        }
        CommandExecutor executor = CommandExecutor.builder(store)
                .retryPolicy(RetryPolicy.never())
                .clock(Clock.fixed(now, ZoneOffset.UTC))
                .build();
        EventPage page = EventPage.after(store.lastPosition(), PAGE_SIZE);
        RuntimeException rejection = null;
        try {
            executor.execute(new WatchedCommand<>(command), context);
        } catch (EventSerializationException e) {
            throw e;
        } catch (RuntimeException e) {
            rejection = e;
        }
        List<RecordedEvent<Event>> recorded = new ArrayList<>();
        EventBatch<Event> batch;
        do {
            batch = store.readEvents(EventFilter.all(), page, Event.class);
            recorded.addAll(batch.events());
            page = page.next(batch);
        } while (!batch.endReached());
        return new Outcome(recorded, rejection);
    }

    /**
     * What has become of a command.
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
         * @return the events as they are stored, to look at more of them
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
         * @return to look at the exception more closely
         */
        public AbstractThrowableAssert<?, ? extends Throwable> thenRejected(Class<? extends RuntimeException> type) {
            if (rejection == null) {
                throw new AssertionError("The command was not rejected; what happened: "
                        + recorded.stream().map(RecordedEvent::event).toList());
            }
            return new ThrowableAssert<>(rejection).isInstanceOf(type);
        }
    }

    /** Stores events of any class by its name: what is stored does not outlive the scenario. */
    private static final class AnyEvent implements EventSerializer {
        private static final JsonMapper MAPPER =
                EventJson.builder().findAndAddModules().build();

        private final Map<String, EventSerializer> known = new ConcurrentHashMap<>();

        @Override
        public SerializedEvent serialize(Event event) {
            String name = event.getClass().getName();
            EventTypes types =
                    EventTypes.builder().register(event.getClass(), name).build();
            return known.computeIfAbsent(name, unknown -> new JacksonEventSerializer(types, MAPPER))
                    .serialize(event);
        }

        @Override
        public Event deserialize(SerializedEvent stored) {
            return Objects.requireNonNull(known.get(stored.typeName())).deserialize(stored);
        }

        @Override
        public Set<String> storedNames(Class<? extends Event> type) {
            throw new UnsupportedOperationException("Commands do not filter by type");
        }
    }
}
