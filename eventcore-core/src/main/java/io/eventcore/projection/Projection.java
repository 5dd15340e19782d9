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
 * <p>It receives every committed event that matches its filter, in the order of the log, beginning with the first
 * event. One thread at a time runs a partition of it, over all instances of the application. In Spring, every bean of
 * this type runs automatically; otherwise add it to a {@link ProjectionRunner}. To make a small one, use
 * {@link #named}.
 *
 * @param <E> the type the events are read as
 * @since 0.1
 */
public interface Projection<E extends Event> {
    /**
     * The name under which its checkpoint is stored: 1 to 100 letters, digits, dots, dashes and underscores. Another
     * name is another projection, which begins at the first event.
     */
    String name();

    /**
     * Which version of it this is, 1 or more. A greater version is built from the first event, into a separate read
     * model, while the current one stays in use; when it has caught up, it becomes the
     * {@linkplain ProjectionRunner#activeVersion active} one. Projections with the same name and different versions may
     * be declared side by side.
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

    /** The events that it receives; by default all. */
    default EventFilter filter() {
        return EventFilter.all();
    }

    /**
     * Skips events that were recorded before this time, without decoding them; by default none. Do not change it later.
     */
    default Instant since() {
        return Instant.EPOCH;
    }

    /**
     * Applies one event to the read model.
     *
     * <p>In {@linkplain ProjectionMode#TRANSACTIONAL transactional} mode this runs in a Spring transaction of the event
     * store's database, together with other events and the checkpoint: statements through {@code JdbcClient} or a JPA
     * repository join it. It may be called again with the same event after a rollback.
     *
     * <p>The database ends a transaction that sends nothing for the length of the lease, so that a frozen instance does
     * not block others: work that takes longer without touching the database needs a longer lease or
     * {@link ProjectionMode#AT_LEAST_ONCE}.
     *
     * <p>Commands that this thread executes meanwhile have the event as their cause, unless their context names
     * another.
     *
     * @throws Exception if the event cannot be applied; {@link #onError} decides what happens then
     */
    void apply(RecordedEvent<E> event) throws Exception;

    /**
     * Waits for work that {@link #apply} has started, such as messages in flight. The thread that applied events calls
     * it before the checkpoint moves past them. It is not called if an {@link Error} or the loss of a connection
     * interrupts the work: any memory of that work must not prevent those events from being applied when they come
     * again. By default, does nothing.
     *
     * @throws Exception if any of the work failed: the events are applied again, each alone
     */
    default void flush() throws Exception {}

    /** The kind under which health and endpoint list it. */
    default ProjectionKind kind() {
        return ProjectionKind.PROJECTION;
    }

    /** How its effects relate to the checkpoint; by default, both are in one transaction. */
    default ProjectionMode mode() {
        return ProjectionMode.TRANSACTIONAL;
    }

    /**
     * The number of partitions, which catch up at the same time, 1 to 64. The events of a stream always go to the same
     * partition, in order; there is no order between streams of different partitions. If the store has another number,
     * the start brings the old partitions to one position and then divides the projection again.
     */
    default int partitions() {
        return 1;
    }

    /**
     * Decides what happens to an event that could not be applied, even alone. By default, it is tried five times, then
     * the projection stops.
     */
    default FailureDecision onError(FailureContext failure) {
        return FailureDecision.retryThenFail(failure);
    }

    /**
     * The side effects of events, besides the read model; by default none. A side effect runs after the active version
     * has processed the event, including by skipping or parking it, and not again when the read model is rebuilt.
     */
    default Optional<SideEffects<E>> sideEffects() {
        return Optional.empty();
    }

    /**
     * Empties the read model, before it is rebuilt. In transactional mode, this runs in the transaction that sets the
     * checkpoint back; otherwise after it, so that no event is lost if it fails: all events come again then.
     *
     * @throws UnsupportedOperationException if it cannot be emptied, and nothing was: the projection is then not reset.
     *     The default, because a projection that does not implement this method cannot be emptied
     */
    default void clear() {
        throw new UnsupportedOperationException(
                "Projection '" + name() + "' does not say how to empty its read model: implement clear()");
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
