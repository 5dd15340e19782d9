package io.eventcore;

import java.util.Optional;
import java.util.function.Predicate;

/**
 * What the library needs from a store besides the methods that applications call. For authors of stores and of wrappers
 * of stores: applications neither call nor implement it.
 *
 * <p>No method has a default, so a store that lacks one does not compile. A wrapper returns the
 * {@link EventReader#internals()} of its store, or delegates each method and changes some.
 *
 * <p>Safe for any number of threads.
 *
 * @since 0.1
 */
public interface StoreInternals {
    /**
     * Reads one page of the log like {@link EventReader#readEvents}, but decodes nothing: an unwanted event costs
     * nothing, and an event that cannot be decoded is in the page like any other. Projections use it.
     *
     * @throws IllegalArgumentException if the filter names a type that is not registered
     * @throws TransientEventStoreException if the same call may succeed
     * @throws EventStoreUnavailableException if the store cannot be reached, or the log ends before the position to
     *     continue after
     */
    StoredPage readStored(EventFilter filter, EventPage page);

    /**
     * Decides which events a filter wants, as {@link #readStored} does, for events that were read with another filter.
     * It recognises types by their stored names.
     *
     * @throws IllegalArgumentException if the filter names a type that is not registered, or a tag: an event that was
     *     read does not show its tags
     */
    Predicate<StoredEvent> matching(EventFilter filter);

    /**
     * Reads what a query matches like {@link EventStore#readEvents(EventQuery, Class)}, but decodes nothing.
     *
     * @param eventType the type that items without types stand for
     * @param after a boundary of the same query: then only events that were committed after it, and the boundary given
     *     back has the same guards
     * @throws IllegalArgumentException if a type is not registered, or {@code after} is of another query
     * @throws BoundaryConflictException if events that were stored before {@code after} have received tags of the query
     *     since, or may have; read without {@code after}
     * @throws TagsIncompleteException while a backfill gives stored events tags with one of these names
     * @throws TransientEventStoreException if the same call may succeed
     * @throws EventStoreUnavailableException if the store cannot be reached
     */
    StoredMatches readMatching(EventQuery query, Class<? extends Event> eventType, Optional<Boundary> after);

    /**
     * What reading an event back would return, for code that continues from events that are about to be stored, as a
     * {@link io.eventcore.command.CommandExecutor} does for commands that wait for one stream.
     *
     * @return empty if the store does not know, or if its threads may read and write different events, so that no
     *     thread may continue from what another one is about to store
     */
    Optional<EventRoundTrip> roundTrip();

    /**
     * Identifies how stored events are read: a short text that changes with the upcasters, empty if there are none. A
     * result computed from events that were read in another way, such as the state in a snapshot, must be computed
     * again.
     */
    String readingKey();

    /**
     * Whether an append by this thread would now join a transaction that a caller began and will end.
     *
     * <p>If so, nothing can be retried after a failure, and nothing is committed when a method returns.
     */
    boolean joinsCallersTransaction();
}
