package io.eventcore.projection;

import io.eventcore.Event;
import io.eventcore.EventFilter;
import io.eventcore.RecordedEvent;
import io.eventcore.internal.TypeArguments;
import java.time.Instant;
import java.util.Optional;

/**
 * Turns events into a read model.
 *
 * <p>It is given every committed event that matches its filter, in the order of the log, from the first event on. One
 * thread at a time runs a partition of it, over all instances of the application. In Spring every bean of this type runs
 * by itself; elsewhere give it to a {@link ProjectionRunner}. A small one is made by {@link #named}.
 *
 * @param <E> the type the events are read as
 * @since 0.1
 */
public interface Projection<E extends Event> {
    /**
     * What its checkpoint is stored under: 1 to 100 letters, digits, dots, dashes and underscores. Another name is
     * another projection, which begins at the first event.
     */
    String name();

    /**
     * Which version of it this is, 1 or more. A greater one is built anew, into a read model of its own, beside the one
     * that is in use; when it has caught up it becomes the {@linkplain ProjectionRunner#activeVersion active} one.
     * Projections of one name and different versions may be declared side by side.
     */
    default int version() {
        return 1;
    }

    /**
     * The type to read the events as. A check, not a filter: an event that matches the {@link #filter()} and is of
     * another type cannot be read.
     *
     * @return by default the type argument {@code E} of the class
     * @throws IllegalArgumentException by default, if the class leaves it open
     */
    default Class<E> eventType() {
        return TypeArguments.eventTypeOf(this, Projection.class);
    }

    /** Which events are wanted; by default all. */
    default EventFilter filter() {
        return EventFilter.all();
    }

    /**
     * Events that were recorded earlier are passed over and not even decoded; by default none. Do not change it later.
     */
    default Instant since() {
        return Instant.EPOCH;
    }

    /**
     * Takes one event into the read model.
     *
     * <p>In {@linkplain ProjectionMode#TRANSACTIONAL transactional} mode this runs in a Spring transaction of the event
     * store's database, together with other events and the checkpoint: what is done through {@code JdbcClient} or a JPA
     * repository joins it. It may be called again with the same event after a rollback.
     *
     * <p>The database ends a transaction in which nothing was sent for the length of the lease, so that a frozen
     * instance blocks no other: work that takes longer without touching the database needs a longer lease or
     * {@link ProjectionMode#AT_LEAST_ONCE}.
     *
     * <p>Commands that are executed meanwhile on this thread have the event as their cause, unless they say otherwise.
     *
     * @throws Exception if the event cannot be applied; {@link #onError} decides what happens then
     */
    void apply(RecordedEvent<E> event) throws Exception;

    /**
     * Waits for what {@link #apply} has begun and not waited for, such as messages on their way. Called after some events
     * and before the checkpoint moves past them, by the thread that applied them. Not called where an {@link Error} or the
     * loss of a connection ends the work in between: what is remembered of it must not keep those events, which come again,
     * from being applied. By default nothing is under way.
     *
     * @throws Exception if not all of it took effect: the events are applied again, each alone
     */
    default void flush() throws Exception {}

    /** What it is for, as health and endpoint list it. */
    default ProjectionKind kind() {
        return ProjectionKind.PROJECTION;
    }

    /** How the effects and the checkpoint belong together; by default in one transaction. */
    default ProjectionMode mode() {
        return ProjectionMode.TRANSACTIONAL;
    }

    /**
     * Into how many parts it is divided that catch up at the same time, 1 to 64. The events of a stream always go to the
     * same part, in order; between streams of different parts there is no order. Where the store knows another number,
     * the old parts are brought to one position at the start, and then divided anew.
     */
    default int partitions() {
        return 1;
    }

    /**
     * Decides about an event that could not be applied, also when it was tried alone. By default it is tried five times
     * and then the projection stops.
     */
    default FailureDecision onError(FailureContext failure) {
        return FailureDecision.retryThenFail(failure);
    }

    /**
     * What is done about events besides the read model; by default nothing. It is done once the active version has dealt
     * with the event, also by skipping or parking it, and not again when the read model is built anew.
     */
    default Optional<SideEffects<E>> sideEffects() {
        return Optional.empty();
    }

    /**
     * Empties the read model, before it is built anew. In transactional mode this runs in the transaction that sets the
     * checkpoint back; otherwise after that, so that no event is lost if it fails: all of them come again then.
     *
     * @throws UnsupportedOperationException if it cannot be emptied, and nothing was: then it is not reset. By default, because a
     *     projection that does not say how cannot be
     */
    default void clear() {
        throw new UnsupportedOperationException(
                "Projection '" + name() + "' does not say how its read model is emptied: implement clear()");
    }

    /**
     * Begins a projection made of functions, one for each type of event.
     *
     * <pre>{@code
     * Projection.named("balances", BankEvent.class)
     *         .filter(EventFilter.prefix(StreamPrefix.of("account-")))
     *         .on(MoneyDeposited.class, event -> add(event.streamId(), event.event().cents()))
     *         .clearedBy(() -> jdbc.sql("delete from balance").update())
     *         .build();
     * }</pre>
     *
     * @param name see {@link #name()}
     * @param eventType see {@link #eventType()}
     */
    static <E extends Event> ProjectionBuilder<E> named(String name, Class<E> eventType) {
        return new ProjectionBuilder<>(name, eventType);
    }
}
