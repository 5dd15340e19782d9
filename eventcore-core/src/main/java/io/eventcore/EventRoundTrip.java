package io.eventcore;

/**
 * Turns an event that is about to be stored into what a later read would return: an event that loses or gains something
 * when it is encoded and decoded does so here too. Stores nothing. See {@link StoreInternals#roundTrip()}. Safe for any
 * number of threads.
 *
 * @since 0.1
 */
@FunctionalInterface
public interface EventRoundTrip {
    /**
     * The event in the form in which it would be stored, but without its metadata. Its place is not known yet: it is
     * {@linkplain StoredEvent#at moved} there later.
     *
     * @throws RuntimeException if it cannot be encoded
     */
    StoredEvent encode(NewEvent event);
}
