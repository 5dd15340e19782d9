package io.eventcore.jdbc;

import io.eventcore.EventStreamSlice;
import io.eventcore.VersionConflictException;

/** What the database said to an append. A failure to answer is an exception instead. */
sealed interface AppendOutcome {
    /** What the caller gets; a conflict is thrown here, outside of any transaction of ours. */
    EventStreamSlice slice();

    /** The events are written, or were found to be stored already. */
    record Written(EventStreamSlice slice) implements AppendOutcome {}

    /** Nothing was changed. */
    record Conflict(VersionConflictException conflict) implements AppendOutcome {
        @Override
        public EventStreamSlice slice() {
            throw conflict;
        }
    }
}
