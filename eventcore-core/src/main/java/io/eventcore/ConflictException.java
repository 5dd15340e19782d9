package io.eventcore;

import org.jspecify.annotations.Nullable;

/**
 * The state that an append was decided on has changed. Nothing was stored: read again and decide again. Either a stream
 * has moved on ({@link VersionConflictException}), or there is a new event that the decision's query matches
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
     * This conflict with a note from the code that passes it on.
     *
     * @param note a sentence, without any of the payload
     */
    public abstract ConflictException withNote(String note);
}
