package io.eventcore.transfer;

import org.jspecify.annotations.Nullable;

/**
 * An export or an import that cannot continue. The subtype says why. A failure of the database is an
 * {@link io.eventcore.EventStoreException} instead.
 *
 * <p>No message holds the payload or the metadata of an event.
 *
 * @since 0.1
 */
public abstract sealed class TransferException extends RuntimeException
        permits TransferFileException,
                TransferConflictException,
                TransferRefusedException,
                TransferVerificationException {
    private static final long serialVersionUID = 1L;

    TransferException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
