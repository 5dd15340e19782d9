package io.eventcore.reaction;

import io.eventcore.Event;
import io.eventcore.EventFilter;
import io.eventcore.RecordedEvent;
import io.eventcore.command.Command;
import io.eventcore.internal.HandledTypes;
import io.eventcore.internal.HandlesTypes;
import io.eventcore.projection.FailureContext;
import io.eventcore.projection.FailureDecision;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;

/**
 * Builds a {@link Reaction} from functions. Not safe for concurrent use.
 *
 * @param <E> the type the events are read as
 * @since 0.1
 */
public final class ReactionBuilder<E extends Event> {
    private final String name;
    private final Class<E> eventType;
    private final List<Case<E, ?>> cases = new ArrayList<>();
    private EventFilter filter = EventFilter.all();
    private Instant since = Instant.EPOCH;
    private int partitions = 1;
    private boolean hasDeadline;
    private Function<FailureContext, FailureDecision> onError = FailureDecision::retryThenFail;

    ReactionBuilder(String name, Class<E> eventType) {
        this.name = Objects.requireNonNull(name, "name");
        this.eventType = Objects.requireNonNull(eventType, "eventType");
    }

    /**
     * Answers events of a type and its subtypes. The first matching type counts; other events are skipped without being
     * decoded.
     *
     * @throws IllegalStateException if this reaction has a deadline
     */
    public <T extends E> ReactionBuilder<E> on(Class<T> type, Answer<T> answer) {
        if (hasDeadline) {
            throw new IllegalStateException("Reaction '" + name
                    + "' has a deadline: declare the commands that it executes at once in a" + " separate reaction");
        }
        cases.add(new Case<>(Objects.requireNonNull(type, "type"), Objects.requireNonNull(answer, "answer")));
        return this;
    }

    /**
     * Begins a deadline: answers events of a type and its subtypes at a later time, unless another event calls that off
     * first. A reaction with a deadline does nothing else; answer events at once in another reaction.
     *
     * @throws IllegalStateException if this reaction answers events at once, or already has a deadline
     */
    public <T extends E> DeadlineBuilder<E, T> on(Class<T> type) {
        if (!cases.isEmpty()) {
            throw new IllegalStateException(
                    "Reaction '" + name + "' answers events at once: declare the deadline in a separate reaction");
        }
        if (hasDeadline) {
            throw new IllegalStateException("Reaction '" + name
                    + "' already has a deadline, and can have only one: declare the other one in a separate reaction");
        }
        DeadlineBuilder<E, T> deadline = new DeadlineBuilder<>(this, type);
        hasDeadline = true;
        return deadline;
    }

    String name() {
        return name;
    }

    <T extends E> Reaction<E> withDeadline(
            Class<T> begins,
            List<Class<? extends E>> ends,
            Answer<T> answer,
            ReactionDeadline<E> deadline,
            boolean sameStream) {
        if (partitions > 1 && !sameStream) {
            throw new IllegalStateException(
                    "Reaction '" + name + "' has " + partitions
                            + " partitions, and events of other streams call its deadlines off: it can have only one partition");
        }
        requireWanted(begins, "sets its deadline");
        ends.forEach(type -> requireWanted(type, "calls its deadline off"));
        List<Class<? extends Event>> types = new ArrayList<>(List.of(begins));
        types.addAll(ends);
        return new OfFunctions<>(this, List.<Case<E, ?>>of(new Case<>(begins, answer)), types, Optional.of(deadline));
    }

    private void requireWanted(Class<? extends Event> type, String role) {
        if (!filter.types().isEmpty()
                && filter.types().stream().noneMatch(wanted -> HandledTypes.mayMeet(wanted, type))) {
            throw new IllegalStateException(
                    "The filter of reaction '%s' leaves out %s, which %s: add that type to the filter, or name no types"
                            .formatted(name, type.getName(), role));
        }
    }

    /** The events that it receives; by default all. */
    public ReactionBuilder<E> filter(EventFilter wanted) {
        this.filter = Objects.requireNonNull(wanted, "filter");
        return this;
    }

    /** Skips events that were recorded before this time; see {@link Reaction#since()}. */
    public ReactionBuilder<E> since(Instant begin) {
        this.since = Objects.requireNonNull(begin, "since");
        return this;
    }

    /** The number of partitions, 1 to 64; by default 1. */
    public ReactionBuilder<E> partitions(int number) {
        this.partitions = number;
        return this;
    }

    /**
     * Decides what happens to events whose commands could not all be executed; by default, they are tried five times,
     * then the reaction stops.
     */
    public ReactionBuilder<E> onError(Function<FailureContext, FailureDecision> decision) {
        this.onError = Objects.requireNonNull(decision, "decision");
        return this;
    }

    /**
     * The reaction.
     *
     * @throws IllegalStateException if a deadline was begun: call {@code build} on what {@code on(..)} has returned
     */
    public Reaction<E> build() {
        if (hasDeadline) {
            throw new IllegalStateException("Reaction '" + name
                    + "' has a deadline: call build() on the object that on(..) returned, which holds the deadline");
        }
        return new OfFunctions<>(
                this,
                cases,
                cases.stream().<Class<? extends Event>>map(Case::type).toList(),
                Optional.empty());
    }

    /**
     * Answers an event.
     *
     * @param <T> the type of the event
     * @since 0.1
     */
    @FunctionalInterface
    public interface Answer<T extends Event> {
        /**
         * The commands to execute; see {@link Reaction#react}.
         *
         * @throws Exception if it fails
         */
        List<? extends Command<?, ?>> to(RecordedEvent<T> event) throws Exception;
    }

    private record Case<E extends Event, T extends E>(Class<T> type, Answer<T> answer) {
        boolean matches(RecordedEvent<E> event) {
            return type.isInstance(event.event());
        }

        @SuppressWarnings("unchecked") // The event was found to be of this type.
        List<? extends Command<?, ?>> answer(RecordedEvent<E> event) throws Exception {
            return answer.to((RecordedEvent<T>) event);
        }
    }

    private static class OfFunctions<E extends Event> implements Reaction<E>, HandlesTypes {
        private final String name;
        private final Class<E> eventType;
        private final List<Case<E, ?>> cases;
        private final EventFilter filter;
        private final Instant since;
        private final int partitions;
        private final Function<FailureContext, FailureDecision> onError;
        private final List<Class<? extends Event>> types;
        private final Optional<ReactionDeadline<E>> deadline;

        OfFunctions(
                ReactionBuilder<E> builder,
                List<Case<E, ?>> cases,
                List<Class<? extends Event>> types,
                Optional<ReactionDeadline<E>> deadline) {
            this.name = builder.name;
            this.eventType = builder.eventType;
            this.cases = List.copyOf(cases);
            this.types = List.copyOf(types);
            this.deadline = deadline;
            this.filter = HandledTypes.narrow(builder.filter, eventType, types);
            this.since = builder.since;
            this.partitions = builder.partitions;
            this.onError = builder.onError;
        }

        @Override
        public List<Class<? extends Event>> handledTypes() {
            return types;
        }

        @Override
        public Optional<ReactionDeadline<E>> deadline() {
            return deadline;
        }

        @Override
        public String name() {
            return name;
        }

        @Override
        public Class<E> eventType() {
            return eventType;
        }

        @Override
        public EventFilter filter() {
            return filter;
        }

        @Override
        public Instant since() {
            return since;
        }

        @Override
        public List<? extends Command<?, ?>> react(RecordedEvent<E> event) throws Exception {
            for (Case<E, ?> candidate : cases) {
                if (candidate.matches(event)) {
                    return candidate.answer(event);
                }
            }
            return List.of();
        }

        @Override
        public int partitions() {
            return partitions;
        }

        @Override
        public FailureDecision onError(FailureContext failure) {
            return onError.apply(failure);
        }
    }
}
