package io.eventcore.jdbc;

import io.eventcore.serialization.internal.SerializedAppend;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;

/** Writes events; each append is stored whole or not at all. */
interface Appends {
    /** Appends within the current transaction of the connection, which the owner of the transaction ends. */
    AppendResult appendJoined(Connection connection, SerializedAppend append) throws SQLException;

    /** Appends on a connection in auto-commit mode; committed when this returns something other than a conflict. */
    AppendResult appendAlone(Connection connection, SerializedAppend append) throws SQLException;

    /**
     * Appends several that fit together in a transaction of its own, and writes or refuses each by itself.
     *
     * @return an outcome for each, in their order; it does not wait for a stream that another transaction has locked
     */
    List<AppendResult> appendBatch(Connection connection, List<SerializedAppend> appends) throws SQLException;

    /**
     * Locks the row of a stream or of a tag for the rest of the transaction, and creates a missing row. Waits for every
     * transaction that works on the row.
     */
    void lockRow(Connection connection, String rowId) throws SQLException;
}
