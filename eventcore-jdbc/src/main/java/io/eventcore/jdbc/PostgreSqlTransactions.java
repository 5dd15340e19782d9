package io.eventcore.jdbc;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Statement;
import org.jspecify.annotations.Nullable;

/**
 * The isolation belongs to the transaction, not to the session: a pooler may give the session to other clients in
 * between.
 */
final class PostgreSqlTransactions extends OwnTransactions {
    static final PostgreSqlTransactions INSTANCE = new PostgreSqlTransactions();

    private PostgreSqlTransactions() {}

    @Override
    <T> T runInReadCommitted(Connection connection, Work<T> work) throws SQLException {
        return run(connection, work);
    }

    @Override
    <T> T run(Connection connection, Work<T> work) throws SQLException {
        connection.clearWarnings();
        connection.setAutoCommit(false);
        boolean done = false;
        try {
            begin(connection);
            T result = work.run();
            commit(connection);
            done = true;
            return result;
        } finally {
            restore(connection, done, Connection.TRANSACTION_READ_COMMITTED);
        }
    }

    private static void begin(Connection connection) throws SQLException {
        try (Statement begin = connection.createStatement()) {
            begin.execute("SET TRANSACTION ISOLATION LEVEL READ COMMITTED");
        }
    }

    /**
     * Call this before another statement follows a failed one: a transaction of ours does nothing more after a failure
     * and commits nothing, so this begins another. Does nothing in auto-commit mode.
     */
    static void beginAgain(Connection connection) throws SQLException {
        if (!connection.getAutoCommit()) {
            connection.rollback();
            begin(connection);
        }
    }

    /**
     * If a session is cancelled while it waits for a synchronous standby, its commit returns as if nothing had
     * happened; only a warning reveals it. Notices (class 00) report nothing of that kind.
     */
    @Override
    void checkCommit(@Nullable SQLWarning warning) throws SQLException {
        for (SQLWarning next = warning; next != null; next = next.getNextWarning()) {
            if (!String.valueOf(next.getSQLState()).startsWith("00")) {
                throw new SQLException("The commit is in doubt", Failure.TRANSACTION_RESOLUTION_UNKNOWN, next);
            }
        }
    }
}
