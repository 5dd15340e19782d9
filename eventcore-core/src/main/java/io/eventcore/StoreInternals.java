package io.eventcore;

import java.util.Optional;
import java.util.function.Predicate;

/**
 * What the library needs of a store beside what applications call. For authors of stores, and of what wraps stores:
 * applications neither call nor implement it.
 *
 * <p>No method has a default, so that a store that lacks one does not compile. What wraps a store gives
 * {@link EventReader#internals()} of that store, or passes on each method of it and changes some.
 *
 * <p>Safe for any number of threads.
 *
 * @since 0.1
 */
public interface StoreInternals {
    /**
     * Reads one page of the log as {@link EventReader#readEvents} does and decodes nothing: an event that is not wanted costs
     * nothing, and one that cannot be decoded is in the page like any other. Projections read by it.
     *
     * @throws IllegalArgumentException if the filter names a type that is not registered
     * @throws TransientEventStoreException if the same call may succeed
     * @throws EventStoreUnavailableException if the store cannot be reached, or the log ends before the position to
     *     continue after
     */
    StoredPage readStored(EventFilter filter, EventPage page);

    /**
     * Tells which events a filter wants, as {@link #readStored} does, for events that were read with another filter. Types
     * are told by their stored names.
     *
     * @throws IllegalArgumentException if the filter names a type that is not registered, or a tag: an event that was read
     *     does not tell which tags it carries
     */
    Predicate<StoredEvent> matching(EventFilter filter);

    /**
     * Reads what a query matches as {@link EventStore#readEvents(EventQuery, Class)} does and decodes nothing.
     *
     * @param eventType the type that items without types stand for
     * @param after a boundary of the same query: then only events that were committed after it, and the boundary given back
     *     has the same guards
     * @throws IllegalArgumentException if a type is not registered, or {@code after} is of another query
     * @throws BoundaryConflictException if events that were stored before {@code after} have been given tags of the query since,
     *     or that cannot be told; read without it
     * @throws TagsIncompleteException if stored events are being given tags of one of these names
     * @throws TransientEventStoreException if the same call may succeed
     * @throws EventStoreUnavailableException if the store cannot be reached
     */
    StoredMatches readMatching(EventQuery query, Class<? extends Event> eventType, Optional<Boundary> after);

    /**
     * What reading an event back would give, for those who go on from events that are about to be stored, as a
     * {@link io.eventcore.command.CommandExecutor} does for commands that wait for one stream.
     *
     * @return empty if the store cannot tell, or if not all threads that use it read and write the same events, so that no
     *     thread may go on from what another one is about to store
     */
    Optional<EventRoundTrip> roundTrip();

    /**
     * Names the way in which stored events are read: a short text that changes with the upcasters, empty where there are
     * none. What was computed from events that were read in another way, as a state was that a snapshot holds, must be
     * computed anew.
     */
    String readingKey();

    /**
     * Whether an append made now by this thread would join a transaction that another caller began and will end.
     *
     * <p>Then nothing can be tried again after a failure, and nothing is committed when a method returns.
     */
    boolean joinsCallersTransaction();
}
