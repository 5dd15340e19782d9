package io.eventcore;

/**
 * Makes of an event what reading it back would give: an event that loses or gains something when it is encoded and decoded
 * does so here too. Stores nothing. See {@link EventStore#roundTrip()}. Safe for any number of threads.
 *
 * @since 0.1
 */
@FunctionalInterface
public interface EventRoundTrip {
    /**
     * The event in the form in which it would be stored.
     *
     * @throws RuntimeException if it cannot be encoded
     */
    Encoded encode(Event event);

    /**
     * An event in the form in which it would be stored. Safe for any number of threads.
     *
     * @since 0.1
     */
    interface Encoded {
        /**
         * The event as it would be read: a new object for each call, as for each read, unless the store keeps its events as
         * they are.
         *
         * @throws RuntimeException if it cannot be decoded
         */
        Event decode();

        /** How many bytes the stored form has, so that a cache of events can be bounded; 0 if that is not known. */
        long bytes();
    }
}
