package io.eventcore;

import java.util.function.UnaryOperator;

/**
 * Makes of an event what reading it back would give, and tells how much is stored of it; see
 * {@link EventStore#roundTrip()}. Safe for any number of threads.
 *
 * @since 0.1
 */
public interface EventRoundTrip extends UnaryOperator<Event> {
    /** How many bytes the stored form of an event has, so that a cache of events can be bounded. */
    long bytes(Event event);
}
