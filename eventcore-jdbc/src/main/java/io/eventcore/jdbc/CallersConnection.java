package io.eventcore.jdbc;

import io.eventcore.EventStoreUnavailableException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;
import java.util.function.Function;
import javax.sql.DataSource;
import org.springframework.jdbc.CannotGetJdbcConnectionException;
import org.springframework.jdbc.datasource.ConnectionHolder;
import org.springframework.jdbc.datasource.DataSourceUtils;

/** The connection of a transaction that the caller ends. */
final class CallersConnection {
    private final DataSource key;
    private final ConnectionHolder holder;
    private final DataSource target;
    private final Sessions sessions;

    /**
     * The connection bound to this thread.
     *
     * @param key what it is bound by
     * @param target the data source behind all proxies
     */
    CallersConnection(DataSource key, ConnectionHolder holder, DataSource target, Sessions sessions) {
        this.key = key;
        this.holder = holder;
        this.target = target;
        this.sessions = sessions;
    }

    /**
     * Works on the connection. After any failure the transaction cannot commit, because the library does not know what
     * is left of it.
     */
    <T> T run(Connections.Work<T> work) throws SQLException {
        CallersTransaction.checkWhetherItsEndIsSeen(target, holder);
        Connection connection = bound(key);
        try {
            sessions.check(connection);
            return holder.hasTimeout() ? Deadline.during(connection, holder, work) : work.on(connection);
        } catch (SQLException | RuntimeException | Error e) {
            CallersTransaction.of(target, key, holder).mustRollBack(e);
            throw e;
        } finally {
            DataSourceUtils.releaseConnection(connection, key);
        }
    }

    /**
     * The same for work that writes: either its writes are still there when the transaction commits, or the library
     * refuses the commit.
     *
     * @param mark the mark that shows this
     */
    <T> T write(Connections.Work<T> work, Function<T, Optional<TransactionMark>> mark) throws SQLException {
        DoubtfulEnd.refuseRollback(holder);
        T result = run(work);
        mark.apply(result).ifPresent(CallersTransaction.of(target, key, holder)::hasWritten);
        return result;
    }

    /** Call this before any append: the append may write what the transaction has only relied on so far. */
    void checkGuards() {
        CallersTransaction.checkGuards(target, holder);
    }

    static Connection bound(DataSource key) {
        try {
            return DataSourceUtils.getConnection(key);
        } catch (CannotGetJdbcConnectionException e) {
            throw new EventStoreUnavailableException("The connection of the transaction is not usable", e);
        }
    }
}
