package io.eventcore;

import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Reads the log: the events of all streams in one order.
 *
 * <p>A reader that always continues from {@link EventBatch#continueAfter()} sees every committed event exactly once, in
 * position order and per stream in version order, however late a transaction commits and however many roll back.
 * Transactions that append nothing delay no reader. A transaction that has appended delays the events after its own until
 * it ends. Reading never joins the caller's transaction and never blocks a writer.
 *
 * <p>Safe for any number of threads.
 *
 * @since 0.1
 */
public interface EventReader {
    /**
     * Reads one page.
     *
     * <p>A page holds as many stored events as asked for, unless fewer match or they are large: then it ends at a few
     * megabytes, with at least one event, and does not report the end of the log.
     *
     * @param filter which events are wanted
     * @param page after which position, and how many at most
     * @param eventType the type to read the events as: one event class, a common interface, or {@link Event}. A check,
     *     not a filter: narrow the filter to leave events out
     * @return the events, the position to continue from, and whether the end was reached; no events if there are none
     * @throws EventDeserializationException if an event cannot be decoded or is not of {@code eventType}; it names the
     *     position, so that a reader can decide to continue after it
     * @throws IllegalArgumentException if the filter names a type that is not registered
     * @throws TransientEventStoreException if the same call may succeed
     * @throws EventStoreUnavailableException if the store cannot be reached, or the log ends before the position to
     *     continue after: it was set back, or no committed event ever had that position
     */
    <E extends Event> EventBatch<E> readEvents(EventFilter filter, EventPage page, Class<E> eventType);

    /**
     * Walks through the log: passes every event to an action, in order, up to the end of the log. Reads page by page,
     * so memory stays bounded however long the log is. Events that are appended meanwhile are included if they come
     * before the end that the last page finds.
     *
     * @param filter which events are wanted
     * @param after where to begin: {@link GlobalPosition#START} for the whole log, or what an earlier walk returned
     * @param eventType the type to read the events as; see {@link #readEvents}
     * @param action receives each event; an exception ends the walk and reaches the caller
     * @return the position to continue from: a walk that begins there receives what has been committed since
     * @throws EventStoreException as {@link #readEvents} does; the action has received the events before it
     */
    default <E extends Event> GlobalPosition forEachEvent(
            EventFilter filter, GlobalPosition after, Class<E> eventType, Consumer<? super RecordedEvent<E>> action) {
        Objects.requireNonNull(action, "action");
        EventPage page = EventPage.after(after, 1_000);
        while (true) {
            EventBatch<E> batch = readEvents(filter, page, eventType);
            batch.events().forEach(action);
            if (batch.endReached()) {
                return batch.continueAfter();
            }
            page = page.next(batch);
        }
    }

    /**
     * The position of the last committed event.
     *
     * <p>It shows a reader how far behind it is, and that the log was set back if the reader was already further.
     * Events before it may still be in flight.
     *
     * @return the position; {@link GlobalPosition#START} if the log is empty. It never goes back while the store keeps
     *     its events
     * @throws TransientEventStoreException if the same call may succeed
     * @throws EventStoreUnavailableException if the store cannot be reached, or does not know the position: a standby
     */
    GlobalPosition lastPosition();

    /**
     * The append that has been in flight the longest: the reason if readers make no progress.
     *
     * @return the append; empty if none is in flight, or if the store's readers never wait for one: they wait only if
     *     positions are assigned before the commit (PostgreSQL)
     * @throws TransientEventStoreException if the same call may succeed
     * @throws EventStoreUnavailableException if the store cannot be reached
     */
    Optional<AppendInFlight> oldestAppendInFlight();

    /**
     * What the library itself needs from the store. Not for applications. A wrapper returns the internals of the store
     * behind it, unless it changes what is read.
     */
    StoreInternals internals();
}
