package io.eventcore.jdbc;

import io.eventcore.EventStoreUnavailableException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.UUID;
import org.postgresql.PGConnection;
import org.postgresql.PGStatement;
import org.postgresql.jdbc.PreferQueryMode;
import org.springframework.util.ClassUtils;

/**
 * What is between the driver and PostgreSQL. With a pooler that gives a session to another client after each
 * transaction, the settings of a session do not stay with the client: another client finds them.
 *
 * <p>A pooler is told by the number of the session: the driver knows the one that it was given when it connected. A
 * pooler of sessions cannot be told from one of transactions, and is taken for one.
 */
final class PostgreSqlPooler {
    private static final String ANY_POOLER = "A pooler (PgBouncer) lies between the application and PostgreSQL, ";

    private static final boolean DRIVER_TELLS =
            ClassUtils.isPresent("org.postgresql.PGConnection", PostgreSqlPooler.class.getClassLoader());

    private PostgreSqlPooler() {}

    /** Whether there is one, as far as the driver can tell. */
    static boolean isBetween(Connection connection) throws SQLException {
        return DRIVER_TELLS
                && connection.isWrapperFor(PGConnection.class)
                && connection.unwrap(PGConnection.class).getBackendPID()
                        != Statements.number(connection, "SELECT pg_backend_pid()", 0);
    }

    /**
     * Checks that nothing that the driver or Spring tells a session is found by others.
     *
     * @param connection in auto-commit mode
     * @throws EventStoreUnavailableException if something is
     */
    static void check(Connection connection) throws SQLException {
        if (!isBetween(connection)) {
            return;
        }
        PGConnection driver = connection.unwrap(PGConnection.class);
        boolean prepares = driver.getPrepareThreshold() != 0 && driver.getPreferQueryMode() != PreferQueryMode.SIMPLE;
        if (prepares && driver instanceof Connection direct && passesNamesThrough(direct)) {
            throw new EventStoreUnavailableException(
                    ANY_POOLER
                            + "and the names of prepared statements pass through it, so one client would run the statement of another: set"
                            + " prepareThreshold=0 in the URL, or max_prepared_statements in PgBouncer 1.21 or later",
                    null);
        }
        String isolation = Statements.list(connection, "SHOW default_transaction_isolation", row -> row.getString(1))
                .get(0);
        if (!isolation.equals("read committed")) {
            throw new EventStoreUnavailableException(
                    ANY_POOLER
                            + "and the isolation of a transaction that asks for another one than '%s', the default, is set in a session that others share: let"
                                    .formatted(isolation)
                            + " default_transaction_isolation of the role be 'read committed'",
                    null);
        }
    }

    /**
     * Has the server prepare a statement, and asks what it is called there.
     *
     * @param connection the driver's own: a wrapper may hide the driver's statement
     */
    private static boolean passesNamesThrough(Connection connection) throws SQLException {
        String mark = UUID.randomUUID().toString();
        try (PreparedStatement query = connection.prepareStatement(
                "SELECT count(*) FROM pg_prepared_statements WHERE name LIKE 'S\\_%' AND statement LIKE '%" + mark
                        + "%'")) {
            query.unwrap(PGStatement.class).setPrepareThreshold(1);
            try (ResultSet row = query.executeQuery()) {
                row.next();
                return row.getLong(1) > 0;
            }
        }
    }
}
