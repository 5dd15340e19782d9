package io.eventcore.jdbc;

import io.eventcore.internal.OwnThreads;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLWarning;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Transactions that the store begins and ends itself, at READ COMMITTED, by the methods of the connection. */
class OwnTransactions {
    private static final Logger LOG = LoggerFactory.getLogger(OwnTransactions.class);

    static final OwnTransactions BY_CONNECTION = new OwnTransactions();

    /** The work in a transaction. */
    @FunctionalInterface
    interface Work<T> {
        T run() throws SQLException;
    }

    /**
     * Runs a transaction and commits it.
     *
     * @param connection in auto-commit mode, before and after
     */
    <T> T run(Connection connection, Work<T> work) throws SQLException {
        connection.clearWarnings();
        connection.setAutoCommit(false);
        int isolation = connection.getTransactionIsolation();
        boolean change = isolation != Connection.TRANSACTION_READ_COMMITTED;
        boolean done = false;
        try {
            if (change) {
                connection.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
            }
            T result = work.run();
            commit(connection);
            done = true;
            return result;
        } finally {
            restore(connection, done, change ? isolation : Connection.TRANSACTION_READ_COMMITTED);
        }
    }

    /**
     * Runs work that begins with a connection in auto-commit mode and needs READ COMMITTED, which is not the default of
     * the session. Most engines run it in a transaction with that isolation.
     */
    <T> T runInReadCommitted(Connection connection, Work<T> work) throws SQLException {
        return work.run();
    }

    void commit(Connection connection) throws SQLException {
        try {
            connection.commit();
        } catch (SQLException e) {
            throw Failure.inDoubt(e);
        }
        checkCommit(connection.getWarnings());
    }

    /** Leaves the connection as it was; a failure here must not hide an earlier failure. */
    static void restore(Connection connection, boolean done, int isolation) {
        try {
            if (!done) {
                connection.rollback();
            }
            if (isolation != Connection.TRANSACTION_READ_COMMITTED) {
                connection.setTransactionIsolation(isolation);
            }
            connection.setAutoCommit(true);
        } catch (SQLException e) {
            LOG.debug("A connection could not be reset; its pool will notice", OwnThreads.redacted(e));
        }
    }

    /** Throws if the database has committed and warned that the commit may not last. */
    void checkCommit(@Nullable SQLWarning warning) throws SQLException {
        // Most engines have no such warning.
    }
}
