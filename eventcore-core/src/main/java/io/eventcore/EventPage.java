package io.eventcore;

import java.util.Objects;

/**
 * Which part of the log to read: the events after a position, this many at most. A page of large events ends earlier: a
 * store holds no more than a few megabytes of them at once. The limit counts stored events: if upcasters turn one into
 * several events, or into none, they are all in one page, and the page may hold more or fewer events than the limit.
 *
 * <p>Immutable.
 *
 * @param after the position to continue from, itself excluded
 * @param limit how many stored events to return at most, 1 or more
 * @since 0.1
 */
public record EventPage(GlobalPosition after, int limit) {
    /**
     * Checks the limit.
     *
     * @throws IllegalArgumentException if the limit is below 1
     */
    public EventPage {
        Objects.requireNonNull(after, "after");
        if (limit < 1) {
            throw new IllegalArgumentException("The limit of a page must be at least 1, is " + limit);
        }
    }

    /**
     * The first page of the log.
     *
     * @throws IllegalArgumentException if the limit is below 1
     */
    public static EventPage first(int limit) {
        return new EventPage(GlobalPosition.START, limit);
    }

    /**
     * The page after this position.
     *
     * @throws IllegalArgumentException if the limit is below 1
     */
    public static EventPage after(GlobalPosition position, int limit) {
        return new EventPage(position, limit);
    }

    /** The page of the same size that follows a batch. */
    public EventPage next(EventBatch<?> batch) {
        return new EventPage(batch.continueAfter(), limit);
    }
}
