package io.eventcore.jdbc;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.datasource.DelegatingDataSource;

/**
 * Tells what a store sends to its database and what came back, and lets a test step in between. Safe for any number of
 * threads.
 */
final class WatchedDataSource extends DelegatingDataSource {
    /** Of MariaDB and MySQL, and of H2. */
    private static final Set<Integer> DEADLOCK_CODES = Set.of(1213, 40001);

    private final Queue<String> sent = new ConcurrentLinkedQueue<>();
    private final List<String> failures = new CopyOnWriteArrayList<>();
    private final LongAdder deadlocks = new LongAdder();
    private final Map<String, LongAdder> rows = new ConcurrentHashMap<>();
    private volatile Consumer<String> beforeEach = sql -> {};

    WatchedDataSource(DataSource target) {
        super(target);
    }

    /** Calls this with every statement before it is sent, on the thread that sends it. */
    void beforeEach(Consumer<String> action) {
        beforeEach = action;
    }

    /** How many statements were sent that contain this text. */
    long sent(String text) {
        return sent.stream().filter(sql -> sql.contains(text)).count();
    }

    /** How many rows were read of the results of statements that contain this text. */
    long rows(String text) {
        return rows.entrySet().stream()
                .filter(statement -> statement.getKey().contains(text))
                .mapToLong(statement -> statement.getValue().sum())
                .sum();
    }

    /** All statements sent so far, in their order. */
    List<String> sent() {
        return List.copyOf(sent);
    }

    /** How many statements have failed because of a deadlock. The driver of MySQL calls a lock time-out by the same SQLState. */
    long deadlocks() {
        return deadlocks.sum();
    }

    /** The SQLStates of the statements that failed, in their order. */
    List<String> failures() {
        return List.copyOf(failures);
    }

    @Override
    public Connection getConnection() throws SQLException {
        return watch(Connection.class, super.getConnection(), null);
    }

    private <T> T watch(Class<T> type, T target, @Nullable String sql) {
        InvocationHandler handler = (proxy, method, arguments) -> call(target, method, arguments, sql);
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
    }

    private @Nullable Object call(Object target, Method method, Object @Nullable [] arguments, @Nullable String sql)
            throws Throwable {
        if (method.getName().startsWith("execute")) {
            String text = sql == null && arguments != null ? String.valueOf(arguments[0]) : String.valueOf(sql);
            sent.add(text);
            beforeEach.accept(text);
        }
        try {
            Object result = method.invoke(target, arguments);
            if (target instanceof ResultSet && method.getName().equals("next") && Boolean.TRUE.equals(result)) {
                rows.computeIfAbsent(String.valueOf(sql), statement -> new LongAdder())
                        .increment();
            }
            if (result instanceof ResultSet found && sql != null) {
                return watch(ResultSet.class, found, sql);
            }
            if (result instanceof PreparedStatement statement && arguments != null) {
                return watch(PreparedStatement.class, statement, String.valueOf(arguments[0]));
            }
            return result instanceof Statement statement && method.getName().equals("createStatement")
                    ? watch(Statement.class, statement, null)
                    : result;
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof SQLException failure) {
                failures.add(String.valueOf(failure.getSQLState()));
                if (DEADLOCK_CODES.contains(failure.getErrorCode()) || "40P01".equals(failure.getSQLState())) {
                    deadlocks.increment();
                }
            }
            throw e.getCause();
        }
    }
}
