package io.eventcore;

import org.jspecify.annotations.Nullable;

/**
 * The store cannot be reached or refuses to work: no connection, disk full, read-only, a missing permission or table.
 * Nothing was stored, and repeating the call at once will not help.
 *
 * @since 0.1
 */
public sealed class EventStoreUnavailableException extends EventStoreException permits TagsIncompleteException {
    private static final long serialVersionUID = 1L;

    /**
     * A lasting failure.
     *
     * @param problem what happened, without any of the payload
     */
    public EventStoreUnavailableException(String problem, @Nullable Throwable cause) {
        super(problem, cause);
    }

    /** An append was called inside a read-only transaction of the caller. */
    public static EventStoreUnavailableException inReadOnlyTransaction() {
        return new EventStoreUnavailableException("The caller's transaction is read-only: it cannot append", null);
    }

    /**
     * A reader asked for events after a position that the log does not reach. Either the log was set back behind that
     * position, by a failover that lost commits or by a restored backup, or no committed event ever had it.
     *
     * @param after where the reader wants to continue
     * @param last the position of the last committed event
     */
    public static EventStoreUnavailableException logEndsBefore(GlobalPosition after, GlobalPosition last) {
        return new EventStoreUnavailableException(
                ("The log ends at position %s, so it cannot be read after %s: it was set back behind that position, or"
                                + " the position belongs to an append that was not committed")
                        .formatted(last, after),
                null);
    }
}
