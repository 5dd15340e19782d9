package io.eventcore;

import org.jspecify.annotations.Nullable;

/**
 * What an append was decided on is no longer so. Nothing was stored: read again and decide again. Either a stream has moved
 * on ({@link VersionConflictException}), or an event has come that the decision's query matches
 * ({@link BoundaryConflictException}).
 *
 * @since 0.1
 */
public abstract sealed class ConflictException extends EventStoreException
        permits VersionConflictException, BoundaryConflictException {
    private static final long serialVersionUID = 1L;

    ConflictException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }

    /**
     * This conflict as it is passed on, with what is known about it there.
     *
     * @param note a sentence, without any of the payload
     */
    public abstract ConflictException withNote(String note);
}
