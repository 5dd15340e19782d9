package io.eventcore.transfer;

import org.jspecify.annotations.Nullable;

/**
 * A store does not take an import: it is not empty, others write to it, or another import is under way. Nothing was written
 * by this call.
 *
 * @since 0.1
 */
public final class TransferRefusedException extends TransferException {
    private static final long serialVersionUID = 1L;

    /** Why the store takes no import. For authors of stores. */
    public TransferRefusedException(String message) {
        super(message, null);
    }

    /** Why the store takes no import, and what says so. For authors of stores. */
    public TransferRefusedException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
