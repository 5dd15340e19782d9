package io.eventcore;

import java.util.Objects;

/**
 * Which part of the log to read: the events after a position, this many at most. A page of large events ends earlier: a
 * store holds no more than a few megabytes of them at once. Events are counted as they are stored: where upcasters make
 * several events of one, or none, all of them are in one page, and a page may hold more events than asked for, or fewer.
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
