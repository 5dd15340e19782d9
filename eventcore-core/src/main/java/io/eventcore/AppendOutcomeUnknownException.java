package io.eventcore;

import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The connection broke while the append was being committed, and the store could not find out its outcome: the database
 * did not come back, or the store found no trace of an append that no version check would refuse if it still arrived.
 *
 * <p>Either all events are stored, or none. To find out later:
 *
 * <ul>
 * <li>If at least one stream that receives events was expected in an exact version, append {@link #writes()} again, the
 * same object, as often as you like: it carries the ids of the events. If they are stored, the store returns the first
 * result or, where another stream was expected in any version, a {@link VersionConflictException}; look for
 * {@link #eventIds()} then. If they are not, they are written now, or a conflict shows that they never will be. They
 * are never written twice.
 * <li>If all those streams were expected in any version, look for {@link #eventIds()} in the streams. If they are
 * there, they are stored. If not, they are not stored yet. Appending again could write them twice, unless the ids have
 * a unique index; with one, it returns the first result.
 * </ul>
 *
 * @since 0.1
 */
public final class AppendOutcomeUnknownException extends EventStoreException {
    private static final long serialVersionUID = 1L;

    private final transient @Nullable StreamWrites writes;

    /** An append whose outcome is unknown. */
    public AppendOutcomeUnknownException(StreamWrites writes, Throwable cause) {
        super(
                "The connection was lost during the commit of an append to %s; whether it is stored is unknown"
                        .formatted(writes.streams().keySet()),
                cause);
        this.writes = writes;
    }

    /**
     * What was appended, with the ids the events have if they were stored.
     *
     * @throws IllegalStateException if this exception was deserialized: the writes are not serialized
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
