package io.eventcore;

import org.jspecify.annotations.Nullable;

/**
 * A failure of an event store. The subtype says what the caller can do.
 *
 * <ul>
 * <li>Decide again: {@link ConflictException}.
 * <li>Repeat the transaction: {@link TransientEventStoreException}.
 * <li>Find out the outcome: {@link AppendOutcomeUnknownException}, {@link CommandOutcomeUnknownException}.
 * <li>Stop: all others.
 * </ul>
 *
 * <p>No message holds the payload or the metadata of an event.
 *
 * @since 0.1
 */
public abstract sealed class EventStoreException extends RuntimeException
        permits AppendLimitExceededException,
                AppendOutcomeUnknownException,
                CommandOutcomeUnknownException,
                ConflictException,
                ConflictingExpectedVersionsException,
                EventDeserializationException,
                EventSerializationException,
                EventStoreUnavailableException,
                StreamIntegrityException,
                SubjectErasedException,
                TransientEventStoreException,
                UndeclaredStreamException {
    private static final long serialVersionUID = 1L;

    EventStoreException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
