package io.eventcore;

import org.jspecify.annotations.Nullable;

/**
 * The store failed in a way that may not happen again: a deadlock, a serialization failure, a time-out, a lost
 * connection. When the transaction ends, nothing of this append remains.
 *
 * <p>Repeat the <em>transaction</em>: the call itself if it was a transaction of its own, the whole caller's
 * transaction otherwise.
 *
 * @since 0.1
 */
public final class TransientEventStoreException extends EventStoreException {
    private static final long serialVersionUID = 1L;

    /**
     * A transient failure.
     *
     * @param problem what happened, without any of the payload
     */
    public TransientEventStoreException(String problem, @Nullable Throwable cause) {
        super(problem, cause);
    }
}
