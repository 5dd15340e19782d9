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
    private final LateCalls late = new LateCalls();
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

    /** What goes wrong at the next call of a kind. */
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

    /** This thread holds one connection less. */
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
