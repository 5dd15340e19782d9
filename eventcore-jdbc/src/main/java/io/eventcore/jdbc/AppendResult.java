package io.eventcore.jdbc;

import io.eventcore.ConflictException;
import io.eventcore.EventStreamSlice;
import java.util.List;
import java.util.Optional;

/**
 * The outcome of an append, as far as one stage knows it. Each stage returns fewer kinds than the stage behind it; the
 * caller of the store gets the first three. If one append alone fails, the stage throws an exception instead.
 */
sealed interface AppendResult {
    /**
     * The events are written.
     *
     * @param moved the rows that the append rests on and that had grown, so that the store looked at their new events
     */
    record Written(EventStreamSlice slice, List<String> moved) implements AppendResult {
        Written(EventStreamSlice slice) {
            this(slice, List.of());
        }
    }

    /** The same events were stored before; this append changed nothing. */
    record Found(EventStreamSlice slice) implements AppendResult {}

    /** The append changed nothing. */
    record Conflict(ConflictException conflict) implements AppendResult {}

    /**
     * The append changed nothing: another transaction has locked a row, and the append was not allowed to wait for it.
     *
     * @param rowId the stream or the tag, by its row; empty if the database does not say which, or it is neither
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

    /** The connection was lost during the commit; the outcome must be settled. */
    record Unknown(Exception cause) implements AppendResult {}

    /** The batch of this append changed nothing; send the append alone. */
    record RolledBack() implements AppendResult {}

    /** The batch of this append changed nothing, and nothing can come of it later. */
    record Failed(RuntimeException cause) implements AppendResult {}
}
