package io.eventcore.jdbc;

import io.eventcore.ConflictException;
import io.eventcore.EventStreamSlice;
import java.util.List;
import java.util.Optional;

/**
 * How an append has ended, as far as one stage of its way knows. Each stage returns fewer kinds than the one behind it, and
 * the caller of the store gets the first three. A failure of one append alone is an exception instead.
 */
sealed interface AppendResult {
    /**
     * The events are written.
     *
     * @param moved the rows to which events had come that the store has looked at, since the append rested on them
     */
    record Written(EventStreamSlice slice, List<String> moved) implements AppendResult {
        Written(EventStreamSlice slice) {
            this(slice, List.of());
        }
    }

    /** The same events were stored before; nothing was changed. */
    record Found(EventStreamSlice slice) implements AppendResult {}

    /** Nothing was changed. */
    record Conflict(ConflictException conflict) implements AppendResult {}

    /**
     * Nothing was changed: it was not to wait for what another transaction has locked.
     *
     * @param rowId the stream or the tag, by its row; empty if the database does not tell, or it is none
     */
    record Busy(Optional<String> rowId) implements AppendResult {
        Busy(String rowId) {
            this(Optional.of(rowId));
        }

        /** What was locked, for a message. */
        String name() {
            return rowId.map(RowIds::named).orElse("what the append needs");
        }
    }

    /** The connection was lost while it was committed; how it ended has to be found out. */
    record Unknown(Exception cause) implements AppendResult {}

    /** Nothing was changed by the batch that it was part of; it has to be sent alone. */
    record RolledBack() implements AppendResult {}

    /** Nothing was changed by the batch that it was part of, and nothing will be. */
    record Failed(RuntimeException cause) implements AppendResult {}
}
