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

    /** Works on the connection. After any failure the transaction cannot commit: what is left of it is unknown. */
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
     * The same for work that writes: what it has written is still there when the transaction commits, or the commit is
     * refused.
     *
     * @param mark by which that is known
     */
    <T> T write(Connections.Work<T> work, Function<T, Optional<TransactionMark>> mark) throws SQLException {
        DoubtfulEnd.refuseRollback(holder);
        T result = run(work);
        mark.apply(result).ifPresent(CallersTransaction.of(target, key, holder)::hasWritten);
        return result;
    }

    /** To be called before anything is appended: what was only relied on so far may be written by it. */
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
