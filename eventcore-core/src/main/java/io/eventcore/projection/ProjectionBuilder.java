package io.eventcore.projection;

import io.eventcore.Event;
import io.eventcore.EventFilter;
import io.eventcore.RecordedEvent;
import io.eventcore.internal.HandledTypes;
import io.eventcore.internal.HandlesTypes;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;

/**
 * Builds a {@link Projection} from functions. Not safe for concurrent use.
 *
 * @param <E> the type the events are read as
 * @since 0.1
 */
public final class ProjectionBuilder<E extends Event> {
    private final String name;
    private final Class<E> eventType;
    private final List<Case<E, ?>> cases = new ArrayList<>();
    private EventFilter filter = EventFilter.all();
    private ProjectionMode mode = ProjectionMode.TRANSACTIONAL;
    private int version = 1;
    private Optional<SideEffects<E>> sideEffects = Optional.empty();
    private int partitions = 1;
    private Function<FailureContext, FailureDecision> onError = FailureDecision::retryThenFail;
    private Runnable clear = this::cannotClear;

    ProjectionBuilder(String name, Class<E> eventType) {
        this.name = ProjectionPartition.checkName(name);
        this.eventType = Objects.requireNonNull(eventType, "eventType");
    }

    private void cannotClear() {
        throw new UnsupportedOperationException(
                "Projection '" + name + "' does not say how to empty its read model: add clearedBy(...)");
    }

    /**
     * Handles events of a type and its subtypes. The first matching type counts; other events are skipped without being
     * decoded, unless there are {@linkplain #sideEffects side effects}.
     */
    public <T extends E> ProjectionBuilder<E> on(Class<T> type, Handler<T> handler) {
        cases.add(new Case<>(Objects.requireNonNull(type, "type"), Objects.requireNonNull(handler, "handler")));
        return this;
    }

    /** The events that it receives; by default all. */
    public ProjectionBuilder<E> filter(EventFilter wanted) {
        this.filter = Objects.requireNonNull(wanted, "filter");
        return this;
    }

    /** Moves the checkpoint after the events were applied, in a separate transaction. */
    public ProjectionBuilder<E> atLeastOnce() {
        this.mode = ProjectionMode.AT_LEAST_ONCE;
        return this;
    }

    /** Which version of it this is; by default 1. */
    public ProjectionBuilder<E> version(int number) {
        this.version = number;
        return this;
    }

    /** The side effects of events, besides the read model; see {@link SideEffects}. */
    public ProjectionBuilder<E> sideEffects(SideEffects<E> effects) {
        this.sideEffects = Optional.of(effects);
        return this;
    }

    /** The number of partitions, 1 to 64; by default 1. */
    public ProjectionBuilder<E> partitions(int number) {
        this.partitions = number;
        return this;
    }

    /**
     * Decides what happens to an event that could not be applied; by default, it is tried five times, then the
     * projection stops.
     */
    public ProjectionBuilder<E> onError(Function<FailureContext, FailureDecision> decision) {
        this.onError = Objects.requireNonNull(decision, "decision");
        return this;
    }

    /** Empties the read model, before it is rebuilt. */
    public ProjectionBuilder<E> clearedBy(Runnable action) {
        this.clear = Objects.requireNonNull(action, "action");
        return this;
    }

    /** The projection. */
    public Projection<E> build() {
        return new OfFunctions<>(this);
    }

    /**
     * Handles an event.
     *
     * @param <T> the type of the event
     * @since 0.1
     */
    @FunctionalInterface
    public interface Handler<T extends Event> {
        /**
         * Applies one event to the read model; see {@link Projection#apply}.
         *
         * @throws Exception if the event cannot be applied
         */
        void apply(RecordedEvent<T> event) throws Exception;
    }

    private record Case<E extends Event, T extends E>(Class<T> type, Handler<T> handler) {
        boolean matches(RecordedEvent<E> event) {
            return type.isInstance(event.event());
        }

        @SuppressWarnings("unchecked") // The event was found to be of this type.
        void apply(RecordedEvent<E> event) throws Exception {
            handler.apply((RecordedEvent<T>) event);
        }
    }

    private static class OfFunctions<E extends Event> implements Projection<E>, HandlesTypes {
        private final String name;
        private final Class<E> eventType;
        private final List<Case<E, ?>> cases;
        private final EventFilter filter;
        private final ProjectionMode mode;
        private final int version;
        private final Optional<SideEffects<E>> sideEffects;
        private final int partitions;
        private final Function<FailureContext, FailureDecision> onError;
        private final Runnable clear;

        OfFunctions(ProjectionBuilder<E> builder) {
            this.name = builder.name;
            this.eventType = builder.eventType;
            this.cases = List.copyOf(builder.cases);
            this.filter = builder.sideEffects.isPresent()
                    ? builder.filter
                    : HandledTypes.narrow(builder.filter, eventType, handledTypes(cases));
            this.mode = builder.mode;
            this.version = builder.version;
            this.sideEffects = builder.sideEffects;
            this.partitions = builder.partitions;
            this.onError = builder.onError;
            this.clear = builder.clear;
        }

        private static <E extends Event> List<Class<? extends Event>> handledTypes(List<Case<E, ?>> cases) {
            return cases.stream().<Class<? extends Event>>map(Case::type).toList();
        }

        @Override
        public List<Class<? extends Event>> handledTypes() {
            return handledTypes(cases);
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
        public void apply(RecordedEvent<E> event) throws Exception {
            for (Case<E, ?> candidate : cases) {
                if (candidate.matches(event)) {
                    candidate.apply(event);
                    return;
                }
            }
        }

        @Override
        public ProjectionMode mode() {
            return mode;
        }

        @Override
        public int version() {
            return version;
        }

        @Override
        public Optional<SideEffects<E>> sideEffects() {
            return sideEffects;
        }

        @Override
        public int partitions() {
            return partitions;
        }

        @Override
        public FailureDecision onError(FailureContext failure) {
            return onError.apply(failure);
        }

        @Override
        public void clear() {
            clear.run();
        }
    }
}
