package io.eventcore.jdbc;

import io.eventcore.EventStreamSlice;
import io.eventcore.command.CommandId;
import io.eventcore.serialization.internal.SerializedAppend;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;

/** The marks that show that a transaction of the caller is still the one in which the library has written. */
interface TransactionMarks {
    /**
     * The mark after an append.
     *
     * @param slice the events that were written; none if the append only relies on streams
     */
    Optional<TransactionMark> of(SerializedAppend append, EventStreamSlice slice);

    /** The mark after a command was executed. */
    Optional<TransactionMark> of(CommandId id);

    /** Marks a transaction that has written nothing yet, on an engine that can. */
    default Optional<TransactionMark> ofBeginning(Connection connection) throws SQLException {
        return Optional.empty();
    }
}
