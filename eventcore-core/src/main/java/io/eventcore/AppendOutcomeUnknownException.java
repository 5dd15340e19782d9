package io.eventcore;

import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The connection broke while the append was committed, and the store could not find out how it ended.
 *
 * <p>The events may be stored or not. To settle it later, append {@link #writes()} again: with exact expectations the
 * repetition returns the first result if there was one, writes the events if there was none, and never writes them
 * twice.
 *
 * @since 0.1
 */
public final class AppendOutcomeUnknownException extends EventStoreException {
    private static final long serialVersionUID = 1L;

    private final transient @Nullable StreamWrites writes;

    /** An append whose outcome is unknown. */
    public AppendOutcomeUnknownException(StreamWrites writes, Throwable cause) {
        super(
                "The connection was lost while an append to %s was committed; whether it is stored is unknown"
                        .formatted(writes.streams().keySet()),
                cause);
        this.writes = writes;
    }

    /**
     * What was appended, with the ids the events have if they were stored.
     *
     * @throws IllegalStateException if this exception was deserialized: the writes do not travel with it
     */
    public StreamWrites writes() {
        if (writes == null) {
            throw new IllegalStateException("The writes are not part of the serialized form of this exception");
        }
        return writes;
    }

    /** The ids to look for. */
    public List<UUID> eventIds() {
        return writes().events().stream().map(NewEvent::id).toList();
    }
}
