package io.eventcore.jdbc;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.function.UnaryOperator;
import javax.sql.DataSource;
import org.springframework.jdbc.datasource.DelegatingDataSource;

/** Connections whose prepared statements are changed on the way. */
final class ChangedStatements {
    private ChangedStatements() {}

    static DataSource of(DataSource dataSource, UnaryOperator<String> change) {
        return new DelegatingDataSource(dataSource) {
            @Override
            public Connection getConnection() throws SQLException {
                Connection connection = super.getConnection();
                return (Connection) Proxy.newProxyInstance(
                        getClass().getClassLoader(),
                        new Class<?>[] {Connection.class},
                        (proxy, method, arguments) -> call(connection, method, arguments, change));
            }
        };
    }

    private static Object call(Connection connection, Method method, Object[] arguments, UnaryOperator<String> change)
            throws Throwable {
        if (method.getName().startsWith("prepareStatement")) {
            arguments[0] = change.apply((String) arguments[0]);
        }
        try {
            return method.invoke(connection, arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }
}
