package io.eventcore.jdbc;

import java.sql.Connection;
import java.sql.SQLException;

/**
 * What the library has left in a transaction. If it has gone before the commit, the engine has ended that transaction
 * without being asked and silently begun another, as MariaDB, MySQL and H2 do after a deadlock.
 *
 * @param kind what was left
 * @param query whether it is still there
 */
record TransactionMark(Kind kind, Query query) {
    /** What is left in a transaction. */
    enum Kind {
        EVENT,
        COMMAND,
        BEGINNING
    }

    /** A look into the transaction. */
    @FunctionalInterface
    interface Query {
        boolean on(Connection connection) throws SQLException;
    }

    /** Whether it is still there. Asked once. */
    boolean isThere(Connection connection) throws SQLException {
        return query.on(connection);
    }
}
