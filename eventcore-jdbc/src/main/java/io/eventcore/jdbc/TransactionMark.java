package io.eventcore.jdbc;

import java.sql.Connection;
import java.sql.SQLException;

/**
 * Shows that a transaction of the caller is still the one in which the library has written. MariaDB, MySQL and H2 end a
 * transaction after a deadlock on their own, and silently begin another: the mark that the library left in it is gone.
 * PostgreSQL accepts no more statements after one has failed, and a commit then rolls back without saying so.
 *
 * @param kind what was left
 * @param query checks whether it is still there
 */
record TransactionMark(Kind kind, Query query) {
    /** What is left in a transaction. */
    enum Kind {
        EVENT,
        COMMAND,
        BEGINNING,

        /** Streams that the transaction relied on without a write: they are still as they were then. */
        GUARDS,

        /** No mark: the library looks at the transaction itself. */
        STATE;

        /**
         * Whether the mark disappears with the transaction, so that if it is still there, so is all that was done after
         * it.
         */
        boolean tells() {
            return this != GUARDS;
        }

        /** Whether a rollback to an older savepoint removes the mark. */
        boolean goesWithSavepoint() {
            return this != STATE;
        }
    }

    /** A look into the transaction. */
    @FunctionalInterface
    interface Query {
        boolean on(Connection connection) throws SQLException;
    }

    /** Whether the mark is still there. */
    boolean isThere(Connection connection) throws SQLException {
        return query.on(connection);
    }
}
