package io.eventcore.jdbc;

import io.eventcore.internal.OwnThreads;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Begins and ends transactions by statements, which costs two round trips. The methods of the connection would cost up
 * to seven, because they read the isolation level and restore it.
 */
final class MariaDbTransactions extends OwnTransactions {
    private static final Logger LOG = LoggerFactory.getLogger(MariaDbTransactions.class);

    static final MariaDbTransactions MARIADB = new MariaDbTransactions(
            "BEGIN NOT ATOMIC SET TRANSACTION ISOLATION LEVEL READ COMMITTED; START TRANSACTION; END");

    static final MariaDbTransactions MYSQL =
            new MariaDbTransactions("SET TRANSACTION ISOLATION LEVEL READ COMMITTED", "START TRANSACTION");

    private final List<String> begin;

    /**
     * Transactions of one of the two servers.
     *
     * @param begin the statements that begin a transaction at READ COMMITTED
     */
    private MariaDbTransactions(String... begin) {
        this.begin = List.of(begin);
    }

    @Override
    <T> T run(Connection connection, Work<T> work) throws SQLException {
        boolean done = false;
        try {
            start(connection);
            T result = work.run();
            commit(connection);
            done = true;
            return result;
        } finally {
            if (!done) {
                rollBack(connection);
            }
        }
    }

    void start(Connection connection) throws SQLException {
        for (String statement : begin) {
            Statements.execute(connection, statement);
        }
    }

    /** A failed commit may have happened all the same, unless the server says that it rolled back. */
    @Override
    void commit(Connection connection) throws SQLException {
        try {
            Statements.execute(connection, "COMMIT");
        } catch (SQLException e) {
            throw Failure.inDoubt(e);
        }
    }

    /** The next user of the connection must not get a transaction that cannot be ended. */
    private static void rollBack(Connection connection) {
        try {
            Statements.execute(connection, "ROLLBACK");
        } catch (SQLException e) {
            LOG.debug("A transaction could not be rolled back, its connection is closed", OwnThreads.redacted(e));
            try {
                connection.abort(Runnable::run);
            } catch (SQLException gone) {
                LOG.debug("The connection could not be closed", OwnThreads.redacted(gone));
            }
        }
    }
}
