package io.eventcore.jdbc;

import java.sql.Connection;
import java.sql.SQLException;

/**
 * By what a transaction of the caller is known to be still the one in which the library has written. MariaDB, MySQL and H2
 * end a transaction after a deadlock without being asked, and silently begin another: what the library had left in it has
 * gone. PostgreSQL takes no more statements after one has failed, and a commit then rolls back and does not say so.
 *
 * @param kind what was left
 * @param query whether it is still there
 */
record TransactionMark(Kind kind, Query query) {
    /** What is left in a transaction. */
    enum Kind {
        EVENT,
        COMMAND,
        BEGINNING,

        /** Streams that were relied on, and nothing written: that they are as they were then. */
        GUARDS,

        /** Nothing is left: the transaction itself is looked at. */
        STATE;

        /** Whether it goes with the transaction, so that all that was done after it is still there if it is. */
        boolean tells() {
            return this != GUARDS;
        }

        /** Whether a rollback to an older savepoint takes it away. */
        boolean goesWithSavepoint() {
            return this != STATE;
        }
    }

    /** A look into the transaction. */
    @FunctionalInterface
    interface Query {
        boolean on(Connection connection) throws SQLException;
    }

    /** Whether it is still there. */
    boolean isThere(Connection connection) throws SQLException {
        return query.on(connection);
    }
}
