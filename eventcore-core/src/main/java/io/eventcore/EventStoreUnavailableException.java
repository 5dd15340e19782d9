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
     * A failure that lasts.
     *
     * @param problem what happened, without any of the payload
     */
    public EventStoreUnavailableException(String problem, @Nullable Throwable cause) {
        super(problem, cause);
    }

    /** An append was asked to join a transaction of the caller that may only read. */
    public static EventStoreUnavailableException inReadOnlyTransaction() {
        return new EventStoreUnavailableException("The caller's transaction is read-only: it cannot append", null);
    }

    /**
     * A reader asked for what comes after a position that the log does not reach: the log was set back behind it, by a
     * failover that lost commits or by a restored backup; or nothing that was committed ever stood there.
     *
     * @param after where the reader wants to continue
     * @param last the position of the last committed event
     */
    public static EventStoreUnavailableException logEndsBefore(GlobalPosition after, GlobalPosition last) {
        return new EventStoreUnavailableException(
                "The log ends at position %s and cannot be read on after %s: it was set back behind that position, or the position belongs to an append that was not committed"
                        .formatted(last, after),
                null);
    }
}
