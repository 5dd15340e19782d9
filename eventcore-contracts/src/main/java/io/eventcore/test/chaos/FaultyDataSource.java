package io.eventcore.test.chaos;

import java.io.PrintWriter;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.CallableStatement;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.sql.SQLWarning;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.logging.Logger;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * A data source whose connections fail as a plan says, in front of one that works.
 *
 * <p>It fails as real databases do: a call may be carried out although an exception says that the connection is lost; a
 * lost connection stays lost, and the database rolls back what it had not committed; the victim of a deadlock has lost its
 * whole transaction. Give it to the store under test and to its transaction manager, and look at what is stored through
 * the data source behind it.
 *
 * <p>Safe for several threads, if the plan is.
 *
 * @since 0.1
 */
public final class FaultyDataSource implements DataSource {
    private final DataSource target;
    private final List<Late> late = new ArrayList<>();
    private volatile FaultPlan plan;

    /** How many connections this thread holds. */
    private final ThreadLocal<Integer> open = ThreadLocal.withInitial(() -> 0);

    /** Fails as this plan says. */
    public FaultyDataSource(DataSource target, FaultPlan plan) {
        this.target = Objects.requireNonNull(target, "target");
        this.plan = Objects.requireNonNull(plan, "plan");
    }

    /** Fails as another plan says from now on. */
    public void plan(FaultPlan next) {
        plan = Objects.requireNonNull(next, "next");
    }

    /**
     * Lets the database carry out what was on its way when a connection was lost ({@link Fault#LATE}). It happens by
     * itself when a thread that holds no connection asks for one ({@link Fault#MUCH_LATER}: for the sixth one). A thread
     * that asks for no more should call this, since others may wait for the locks of a lost transaction.
     */
    public void finishLate() {
        finishLate(Integer.MAX_VALUE);
    }

    private void finishLate(int connects) {
        List<Late> due = new ArrayList<>();
        synchronized (late) {
            late.removeIf(call -> call.isDueAfter(connects) && due.add(call));
        }
        due.forEach(Late::finish);
    }

    @Override
    public Connection getConnection() throws SQLException {
        if (open.get() == 0) {
            finishLate(1);
        }
        fail(JdbcCall.CONNECT, plan.next(JdbcCall.CONNECT));
        Connection connection = target.getConnection();
        open.set(open.get() + 1);
        return proxy(Connection.class, new FaultyConnection(connection));
    }

    @Override
    public Connection getConnection(String username, String password) throws SQLException {
        throw new SQLFeatureNotSupportedException("The data source behind knows the user");
    }

    private static void fail(JdbcCall call, Fault fault) throws SQLException {
        if (fault != Fault.NONE) {
            throw fault.exception(call);
        }
    }

    private static <T> T proxy(Class<T> type, InvocationHandler handler) {
        return type.cast(
                Proxy.newProxyInstance(FaultyDataSource.class.getClassLoader(), new Class<?>[] {type}, handler));
    }

    private static @Nullable Object call(Object target, Method method, Object @Nullable [] arguments) throws Throwable {
        try {
            return method.invoke(target, arguments);
        } catch (InvocationTargetException e) {
            throw Objects.requireNonNull(e.getCause(), "cause");
        }
    }

    private static void rollBack(Connection connection) throws SQLException {
        if (!connection.getAutoCommit()) {
            connection.rollback();
            return;
        }
        // A transaction may have been begun by a statement all the same.
        try (Statement statement = connection.createStatement()) {
            statement.execute("ROLLBACK");
        }
    }

    /** What is done to the database. */
    @FunctionalInterface
    private interface Action {
        @Nullable
        Object run() throws Throwable;
    }

    /** A call that the database has yet to carry out, on a connection that its user has closed. */
    private static final class Late {
        private final Connection connection;
        private final Action action;

        /** How many more connections are asked for before it arrives. */
        private int connectsLeft;

        Late(Connection connection, Action action, int connectsLeft) {
            this.connection = connection;
            this.action = action;
            this.connectsLeft = connectsLeft;
        }

        boolean isDueAfter(int connects) {
            connectsLeft -= connects;
            return connectsLeft <= 0;
        }

        void finish() {
            try (connection) {
                action.run();
                rollBack(connection);
            } catch (Throwable refused) {
                // The caller has its answer already.
                Objects.requireNonNull(refused);
            }
        }
    }

    private final class FaultyConnection implements InvocationHandler {
        private final Connection connection;
        private boolean closed;
        private boolean lost;
        private boolean transactionBegunByStatement;
        private @Nullable SQLWarning warning;

        FaultyConnection(Connection connection) {
            this.connection = connection;
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

        /** Some stores end their transactions by statements. */
        private JdbcCall kindOf(Object @Nullable [] arguments) {
            Object sql = arguments == null || arguments.length == 0 ? "" : arguments[0];
            return sql.equals("COMMIT")
                    ? JdbcCall.COMMIT
                    : sql.equals("ROLLBACK") ? JdbcCall.ROLLBACK : JdbcCall.EXECUTE;
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

        private @Nullable Object at(JdbcCall call, Action action) throws Throwable {
            Fault fault = plan.next(call);
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
                case DEADLOCK, TIMEOUT, DISK_FULL, READ_ONLY -> rollBack(connection);
            }
            throw fault.exception(call);
        }

        private void lose() throws SQLException {
            if (!lost) {
                lost = true;
                rollBack(connection);
                connection.close();
            }
        }

        private void postpone(Action action, Fault fault) throws SQLException {
            lost = true;
            boolean holdsLocks = !connection.getAutoCommit() || transactionBegunByStatement;
            synchronized (late) {
                late.add(new Late(connection, action, fault == Fault.LATE || holdsLocks ? 1 : 6));
            }
        }

        private void close() throws SQLException {
            if (closed) {
                return;
            }
            closed = true;
            open.set(open.get() - 1);
            if (!lost) {
                connection.close();
                fail(JdbcCall.CLOSE, plan.next(JdbcCall.CLOSE));
            }
        }
    }

    @Override
    public <T> T unwrap(Class<T> type) throws SQLException {
        return type.isInstance(this) ? type.cast(this) : target.unwrap(type);
    }

    @Override
    public boolean isWrapperFor(Class<?> type) throws SQLException {
        return type.isInstance(this) || target.isWrapperFor(type);
    }

    @Override
    public @Nullable PrintWriter getLogWriter() throws SQLException {
        return target.getLogWriter();
    }

    @Override
    public void setLogWriter(PrintWriter out) throws SQLException {
        target.setLogWriter(out);
    }

    @Override
    public int getLoginTimeout() throws SQLException {
        return target.getLoginTimeout();
    }

    @Override
    public void setLoginTimeout(int seconds) throws SQLException {
        target.setLoginTimeout(seconds);
    }

    @Override
    public Logger getParentLogger() throws SQLFeatureNotSupportedException {
        return target.getParentLogger();
    }
}
