package io.eventcore.transfer;

import org.jspecify.annotations.Nullable;

/**
 * A store does not accept an import: it is not empty, other transactions write to it, or another import is in progress.
 * Nothing was written by this call.
 *
 * @since 0.1
 */
public final class TransferRefusedException extends TransferException {
    private static final long serialVersionUID = 1L;

    /** Why the store accepts no import. For authors of stores. */
    public TransferRefusedException(String message) {
        super(message, null);
    }

    /** Why the store accepts no import, and the cause. For authors of stores. */
    public TransferRefusedException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
