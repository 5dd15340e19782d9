package io.eventcore.test.chaos;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.CallableStatement;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Statement;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A connection that fails as the plan of its data source says, with its statements and their rows. */
final class FaultyConnection implements InvocationHandler {
    private final Connection connection;
    private final FaultyDataSource source;
    private final LateCalls late;
    private boolean closed;
    private boolean lost;
    private boolean transactionBegunByStatement;
    private @Nullable SQLWarning warning;

    private FaultyConnection(Connection connection, FaultyDataSource source, LateCalls late) {
        this.connection = connection;
        this.source = source;
        this.late = late;
    }

    static Connection of(Connection connection, FaultyDataSource source, LateCalls late) {
        return proxy(Connection.class, new FaultyConnection(connection, source, late));
    }

    private static <T> T proxy(Class<T> type, InvocationHandler handler) {
        return type.cast(
                Proxy.newProxyInstance(FaultyConnection.class.getClassLoader(), new Class<?>[] {type}, handler));
    }

    private static @Nullable Object call(Object target, Method method, Object @Nullable [] arguments) throws Throwable {
        try {
            return method.invoke(target, arguments);
        } catch (InvocationTargetException e) {
            throw Objects.requireNonNull(e.getCause(), "cause");
        }
    }

    @Override
    public @Nullable Object invoke(Object proxy, Method method, Object @Nullable [] arguments) throws Throwable {
        switch (method.getName()) {
            case "equals" -> {
                return arguments != null && proxy == arguments[0];
            }
            case "hashCode" -> {
                return System.identityHashCode(proxy);
            }
            case "close" -> {
                close();
                return null;
            }
            case "isClosed" -> {
                return closed || lost;
            }
            case "abort" -> {
                lose();
                return null;
            }
            case "clearWarnings" -> warning = null;
            case "isValid" -> {
                return !lost && (boolean) Objects.requireNonNull(call(connection, method, arguments));
            }
            default -> {
                if (lost) {
                    throw new SQLException("The connection was lost before", "08003");
                }
            }
        }
        return switch (method.getName()) {
            case "commit" -> at(JdbcCall.COMMIT, () -> call(connection, method, arguments));
            case "rollback" -> at(JdbcCall.ROLLBACK, () -> call(connection, method, arguments));
            case "getWarnings" -> warning != null ? warning : call(connection, method, arguments);
            case "createStatement", "prepareStatement", "prepareCall" ->
                statement(proxy, (Statement) Objects.requireNonNull(call(connection, method, arguments)));
            default -> call(connection, method, arguments);
        };
    }

    private Statement statement(Object connectionProxy, Statement statement) {
        Class<? extends Statement> type = statement instanceof CallableStatement
                ? CallableStatement.class
                : statement instanceof PreparedStatement ? PreparedStatement.class : Statement.class;
        return proxy(type, (proxy, method, arguments) -> {
            String name = method.getName();
            if (name.equals("getConnection")) {
                return connectionProxy;
            }
            if (name.equals("getWarnings") && warning != null) {
                return warning;
            }
            if (lost && !name.equals("close")) {
                throw new SQLException("The connection was lost before", "08003");
            }
            if (lost) {
                return null;
            }
            Object result = name.startsWith("execute")
                    ? at(kindOf(arguments), () -> call(statement, method, arguments))
                    : call(statement, method, arguments);
            if (arguments != null && arguments.length > 0 && arguments[0] instanceof String sql) {
                noteTransaction(sql);
            }
            return result instanceof ResultSet rows ? rows(rows) : result;
        });
    }

    /** Some stores end their transactions with statements. */
    private JdbcCall kindOf(Object @Nullable [] arguments) {
        Object sql = arguments == null || arguments.length == 0 ? "" : arguments[0];
        return sql.equals("COMMIT") ? JdbcCall.COMMIT : sql.equals("ROLLBACK") ? JdbcCall.ROLLBACK : JdbcCall.EXECUTE;
    }

    private void noteTransaction(String sql) {
        if (sql.contains("START TRANSACTION")) {
            transactionBegunByStatement = true;
        } else if (sql.equals("COMMIT") || sql.equals("ROLLBACK")) {
            transactionBegunByStatement = false;
        }
    }

    private ResultSet rows(ResultSet rows) {
        return proxy(ResultSet.class, (proxy, method, arguments) -> {
            if (lost && method.getName().equals("close")) {
                return null;
            }
            return method.getName().equals("next")
                    ? at(JdbcCall.FETCH, () -> call(rows, method, arguments))
                    : call(rows, method, arguments);
        });
    }

    private @Nullable Object at(JdbcCall call, LateCalls.Action action) throws Throwable {
        Fault fault = source.next(call);
        switch (fault) {
            case NONE -> {
                return action.run();
            }
            case WARNING -> {
                Object result = action.run();
                warning = new SQLWarning("Injected: the commit may not last", fault.sqlState());
                return result;
            }
            case LOST_AFTER -> {
                action.run();
                lose();
            }
            case LATE, MUCH_LATER -> postpone(action, fault);
            case LOST_BEFORE, REFUSED -> lose();
            case DEADLOCK, TIMEOUT, DISK_FULL, READ_ONLY -> LateCalls.rollBack(connection);
        }
        throw fault.exception(call);
    }

    private void lose() throws SQLException {
        if (!lost) {
            lost = true;
            LateCalls.rollBack(connection);
            connection.close();
        }
    }

    private void postpone(LateCalls.Action action, Fault fault) throws SQLException {
        lost = true;
        boolean holdsLocks = !connection.getAutoCommit() || transactionBegunByStatement;
        late.add(connection, action, fault == Fault.LATE || holdsLocks ? 1 : 6);
    }

    private void close() throws SQLException {
        if (closed) {
            return;
        }
        closed = true;
        source.closed();
        if (!lost) {
            connection.close();
            source.failAt(JdbcCall.CLOSE);
        }
    }
}
