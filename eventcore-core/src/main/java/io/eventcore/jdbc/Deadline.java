package io.eventcore.jdbc;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import org.springframework.jdbc.datasource.ConnectionHolder;
import org.springframework.transaction.TransactionTimedOutException;

/** Lets every statement of a connection end with the time of the caller's transaction. */
final class Deadline {
    private Deadline() {}

    /** The same connection; its statements time out when the transaction does. */
    static Connection on(Connection connection, ConnectionHolder holder) {
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
            throw new SQLException("The time of the caller's transaction is over", Failure.QUERY_CANCELED, e);
        }
    }
}
