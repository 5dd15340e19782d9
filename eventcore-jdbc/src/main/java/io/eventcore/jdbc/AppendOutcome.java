package io.eventcore.jdbc;

import io.eventcore.EventStreamSlice;
import io.eventcore.StreamId;
import io.eventcore.VersionConflictException;
import java.util.Optional;

/** What the database said to an append. A failure to answer is an exception instead. */
sealed interface AppendOutcome {
    /** The events are written. */
    record Written(EventStreamSlice slice) implements AppendOutcome {}

    /** The same events were stored before; nothing was changed. */
    record Found(EventStreamSlice slice) implements AppendOutcome {}

    /** Nothing was changed. */
    record Conflict(VersionConflictException conflict) implements AppendOutcome {}

    /**
     * Nothing was changed: it was not to wait for what another transaction has locked.
     *
     * @param streamId the stream; empty if the database does not tell, or it is none
     */
    record Busy(Optional<StreamId> streamId) implements AppendOutcome {
        Busy(StreamId streamId) {
            this(Optional.of(streamId));
        }

        /** What was locked, for a message. */
        String name() {
            return streamId.map(id -> "stream '" + id + "'").orElse("what the append needs");
        }
    }
}
