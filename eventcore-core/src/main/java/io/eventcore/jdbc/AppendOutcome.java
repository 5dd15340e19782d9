package io.eventcore.jdbc;

import io.eventcore.EventStreamSlice;
import io.eventcore.StreamId;
import io.eventcore.VersionConflictException;

/** What the database said to an append. A failure to answer is an exception instead. */
sealed interface AppendOutcome {
    /** The events are written. */
    record Written(EventStreamSlice slice) implements AppendOutcome {}

    /** The same events were stored before; nothing was changed. */
    record Found(EventStreamSlice slice) implements AppendOutcome {}

    /** Nothing was changed. */
    record Conflict(VersionConflictException conflict) implements AppendOutcome {}

    /** Nothing was changed: a batch does not wait for the stream, which another transaction has locked. */
    record Busy(StreamId streamId) implements AppendOutcome {}
}
