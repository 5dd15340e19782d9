package io.eventcore.jdbc;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import org.springframework.jdbc.datasource.ConnectionHolder;
import org.springframework.transaction.TransactionTimedOutException;

/** Ends every statement of a connection when the time of the caller's transaction is over. */
final class Deadline {
    private Deadline() {}

    /**
     * Does something on a connection whose statements time out together with the transaction.
     *
     * <p>H2 applies the time-out of a statement to its session, so the next user of the connection would inherit it.
     * Therefore this method resets it. For other drivers that only sets a field.
     */
    static <T> T during(Connection connection, ConnectionHolder holder, Connections.Work<T> work) throws SQLException {
        int before = queryTimeout(connection);
        T result;
        try {
            result = work.on(on(connection, holder));
        } catch (SQLException | RuntimeException | Error e) {
            try {
                setQueryTimeout(connection, before);
            } catch (SQLException alsoFailed) {
                e.addSuppressed(Failure.redacted(alsoFailed));
            }
            throw e;
        }
        setQueryTimeout(connection, before);
        return result;
    }

    private static int queryTimeout(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            return statement.getQueryTimeout();
        }
    }

    private static void setQueryTimeout(Connection connection, int seconds) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.setQueryTimeout(seconds);
        }
    }

    private static Connection on(Connection connection, ConnectionHolder holder) {
        return (Connection) Proxy.newProxyInstance(
                Deadline.class.getClassLoader(), new Class<?>[] {Connection.class}, (proxy, method, arguments) -> {
                    try {
                        Object result = method.invoke(connection, arguments);
                        if (result instanceof Statement statement) {
                            statement.setQueryTimeout(secondsLeft(holder));
                        }
                        return result;
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    private static int secondsLeft(ConnectionHolder holder) throws SQLException {
        try {
            return holder.getTimeToLiveInSeconds();
        } catch (TransactionTimedOutException e) {
            throw new SQLException("The caller's transaction has timed out", Failure.QUERY_CANCELED, e);
        }
    }
}
