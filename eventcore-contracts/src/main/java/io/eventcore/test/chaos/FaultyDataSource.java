package io.eventcore.test.chaos;

import java.io.PrintWriter;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.util.Objects;
import java.util.logging.Logger;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * A data source whose connections fail as a plan says, wrapped around one that works.
 *
 * <p>It fails as real databases do. The database may carry out a call although an exception says that the connection is
 * lost. A lost connection stays lost, and the database rolls back what that connection had not committed. The victim of
 * a deadlock loses its whole transaction. Give this data source to the store under test and to its transaction manager,
 * and use the data source behind it to check what is stored.
 *
 * <p>Safe for several threads, if the plan is.
 *
 * @since 0.1
 */
public final class FaultyDataSource implements DataSource {
    private final DataSource target;
    private final LateCalls late = new LateCalls();
    private volatile FaultPlan plan;

    /** How many connections this thread holds. */
    private final ThreadLocal<Integer> open = ThreadLocal.withInitial(() -> 0);

    /** Fails as this plan says. */
    public FaultyDataSource(DataSource target, FaultPlan plan) {
        this.target = Objects.requireNonNull(target, "target");
        this.plan = Objects.requireNonNull(plan, "plan");
    }

    /** From now on, fails as another plan says. */
    public void plan(FaultPlan next) {
        plan = Objects.requireNonNull(next, "next");
    }

    /**
     * Lets the database carry out the calls that were on their way when a connection was lost ({@link Fault#LATE}).
     * This happens by itself when a thread that holds no connection asks for one ({@link Fault#MUCH_LATER}: for the
     * sixth one). A thread that asks for no more connections should call this method, because other threads may wait
     * for the locks of a lost transaction.
     */
    public void finishLate() {
        late.finish(Integer.MAX_VALUE);
    }

    @Override
    public Connection getConnection() throws SQLException {
        if (open.get() == 0) {
            late.finish(1);
        }
        failAt(JdbcCall.CONNECT);
        Connection connection = target.getConnection();
        open.set(open.get() + 1);
        return FaultyConnection.of(connection, this, late);
    }

    @Override
    public Connection getConnection(String username, String password) throws SQLException {
        throw new SQLFeatureNotSupportedException("The data source behind knows the user");
    }

    /** What goes wrong at the next call of this kind. */
    Fault next(JdbcCall call) {
        return plan.next(call);
    }

    /** Fails if the plan says so. */
    void failAt(JdbcCall call) throws SQLException {
        Fault fault = next(call);
        if (fault != Fault.NONE) {
            throw fault.exception(call);
        }
    }

    /** Counts one connection less for this thread. */
    void closed() {
        open.set(open.get() - 1);
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
