package io.eventcore.jdbc;

import io.eventcore.serialization.internal.SerializedAppend;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;

/** Writes events, each append whole or not at all. */
interface Appends {
    /** Appends within the transaction that the connection is in, which its owner ends. */
    AppendResult appendJoined(Connection connection, SerializedAppend append) throws SQLException;

    /** Appends on a connection in auto-commit mode; committed when this returns something other than a conflict. */
    AppendResult appendAlone(Connection connection, SerializedAppend append) throws SQLException;

    /**
     * Appends several that fit together in one transaction of their own, each written or refused for itself.
     *
     * @return an outcome for each, in their order; a stream that another transaction has locked is not waited for
     */
    List<AppendResult> appendBatch(Connection connection, List<SerializedAppend> appends) throws SQLException;

    /**
     * Locks the row of a stream or of a tag for the rest of the transaction and creates it if need be. Waits for every
     * transaction that is at work on it.
     */
    void lockRow(Connection connection, String rowId) throws SQLException;
}
