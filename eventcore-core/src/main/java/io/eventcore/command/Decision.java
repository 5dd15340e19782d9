package io.eventcore.command;

import io.eventcore.Event;
import io.eventcore.StreamId;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Function;

/**
 * A command made of functions, for a decision that is not worth a class of its own.
 *
 * <pre>{@code
 * executor.execute(Decision.over(BankEvent.class, account)
 *         .startingWith(0L)
 *         .applying((balance, event) -> balance + event.change())
 *         .deciding(balance -> List.of(new InterestPaid(account, balance / 100))));
 * }</pre>
 *
 * <p>Everything that holds for a {@link Command} holds for it, except that it cannot have a {@link CommandId} or a
 * snapshot: functions cannot be compared. Its name in metrics is {@code Decision}. Immutable.
 *
 * @param <S> the state the decision is made on
 * @param <E> the type of the events in the streams
 * @since 0.1
 */
public final class Decision<S, E extends Event> implements Command<S, E> {
    private final Class<E> eventType;
    private final Set<StreamId> streams;
    private final S initialState;
    private final BiFunction<? super S, ? super E, ? extends S> apply;
    private final Function<? super S, Set<StreamId>> discover;
    private final BiFunction<? super S, CommandContext, ? extends List<? extends E>> handle;

    private Decision(Applying<S, E> parts, BiFunction<? super S, CommandContext, ? extends List<? extends E>> handle) {
        this.eventType = parts.starting.over.eventType;
        this.streams = parts.starting.over.streams;
        this.initialState = parts.starting.initialState;
        this.apply = parts.apply;
        this.discover = parts.discover;
        this.handle = Objects.requireNonNull(handle, "handle");
    }

    /**
     * Begins with the streams the decision rests on.
     *
     * @param eventType the type they are read as
     * @param streams one or more; equal ids count once
     */
    public static <E extends Event> Over<E> over(Class<E> eventType, StreamId... streams) {
        return over(eventType, List.of(streams));
    }

    /** As {@link #over(Class, StreamId...)}. */
    public static <E extends Event> Over<E> over(Class<E> eventType, Iterable<StreamId> streams) {
        Set<StreamId> ids = new LinkedHashSet<>();
        streams.forEach(ids::add);
        return new Over<>(Objects.requireNonNull(eventType, "eventType"), Collections.unmodifiableSet(ids));
    }

    @Override
    public S initialState() {
        return initialState;
    }

    @Override
    public S apply(S state, E event) {
        return apply.apply(state, event);
    }

    @Override
    public List<? extends E> handle(S state, CommandContext context) {
        return handle.apply(state, context);
    }

    @Override
    public Set<StreamId> streams() {
        return streams;
    }

    @Override
    public Set<StreamId> discoverStreams(S state) {
        return discover.apply(state);
    }

    @Override
    public Class<E> eventType() {
        return eventType;
    }

    /**
     * A decision whose streams are known.
     *
     * @since 0.1
     */
    public static final class Over<E extends Event> {
        private final Class<E> eventType;
        private final Set<StreamId> streams;

        private Over(Class<E> eventType, Set<StreamId> streams) {
            this.eventType = eventType;
            this.streams = streams;
        }

        /** The state before the first event. */
        public <S> Starting<S, E> startingWith(S initialState) {
            return new Starting<>(this, Objects.requireNonNull(initialState, "initialState"));
        }
    }

    /**
     * A decision whose initial state is known.
     *
     * @since 0.1
     */
    public static final class Starting<S, E extends Event> {
        private final Over<E> over;
        private final S initialState;

        private Starting(Over<E> over, S initialState) {
            this.over = over;
            this.initialState = initialState;
        }

        /** The state after one more event; as {@link Command#apply}. */
        public Applying<S, E> applying(BiFunction<? super S, ? super E, ? extends S> apply) {
            return new Applying<>(this, Objects.requireNonNull(apply, "apply"), state -> Set.of());
        }
    }

    /**
     * A decision whose fold is known.
     *
     * @since 0.1
     */
    public static final class Applying<S, E extends Event> {
        private final Starting<S, E> starting;
        private final BiFunction<? super S, ? super E, ? extends S> apply;
        private final Function<? super S, Set<StreamId>> discover;

        private Applying(
                Starting<S, E> starting,
                BiFunction<? super S, ? super E, ? extends S> apply,
                Function<? super S, Set<StreamId>> discover) {
            this.starting = starting;
            this.apply = apply;
            this.discover = discover;
        }

        /** More streams, known only from the state; as {@link Command#discoverStreams}. */
        public Applying<S, E> discovering(Function<? super S, Set<StreamId>> discoverStreams) {
            return new Applying<>(starting, apply, Objects.requireNonNull(discoverStreams, "discoverStreams"));
        }

        /** The events that happen now; as {@link Command#handle(Object)}. */
        public Decision<S, E> deciding(Function<? super S, ? extends List<? extends E>> handle) {
            Objects.requireNonNull(handle, "handle");
            return new Decision<>(this, (state, context) -> handle.apply(state));
        }

        /** The events that happen now; as {@link Command#handle(Object, CommandContext)}. */
        public Decision<S, E> decidingWithContext(
                BiFunction<? super S, CommandContext, ? extends List<? extends E>> handle) {
            return new Decision<>(this, handle);
        }
    }
}
