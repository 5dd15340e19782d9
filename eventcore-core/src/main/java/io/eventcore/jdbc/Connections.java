package io.eventcore.jdbc;

import io.eventcore.EventStoreException;
import io.eventcore.EventStoreUnavailableException;
import io.eventcore.TransientEventStoreException;
import io.eventcore.transaction.TransactionPhase;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.CannotGetJdbcConnectionException;
import org.springframework.jdbc.datasource.ConnectionHolder;
import org.springframework.jdbc.datasource.DataSourceUtils;
import org.springframework.jdbc.datasource.DelegatingDataSource;
import org.springframework.jdbc.datasource.TransactionAwareDataSourceProxy;
import org.springframework.jdbc.datasource.lookup.AbstractRoutingDataSource;
import org.springframework.transaction.UnexpectedRollbackException;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/** Where connections come from: the caller's transaction if it is in our database, else the pool. */
final class Connections {
    private static final Logger LOG = LoggerFactory.getLogger(Connections.class);
    private static final int UNKNOWN = -1;

    private final DataSource dataSource;
    private final DataSource target;
    private final boolean routing;

    /** The isolation that connections come in. Asked once: for some drivers it is a statement. */
    private volatile int isolation = UNKNOWN;

    private volatile Sessions sessions = Sessions.TRUSTED;

    Connections(DataSource dataSource) {
        // A proxy that hands out the transaction's connection would defeat a connection of our own.
        DataSource own = dataSource;
        while (own instanceof TransactionAwareDataSourceProxy proxy) {
            own = Objects.requireNonNull(proxy.getTargetDataSource(), "targetDataSource");
        }
        this.dataSource = own;
        this.target = target(own);
        this.routing = isRouting(target);
    }

    /** Looks from now on at each session before it is used. */
    void check(Sessions ofThisDatabase) {
        sessions = ofThisDatabase;
    }

    /** Whether the data source chooses among databases, by whatever the calling thread carries. */
    boolean isRouting() {
        return routing;
    }

    private static boolean isRouting(DataSource dataSource) {
        try {
            return dataSource instanceof AbstractRoutingDataSource
                    || dataSource.isWrapperFor(AbstractRoutingDataSource.class);
        } catch (SQLException e) {
            LOG.debug("A data source does not tell what it wraps", e);
            return false;
        }
    }

    /** Work on a connection. */
    @FunctionalInterface
    interface Work<T> {
        T on(Connection connection) throws SQLException;
    }

    /** Whether this thread is in a transaction that holds a connection to our database. */
    boolean inCallersTransaction() {
        return callersConnection().isPresent();
    }

    /** Works on the caller's connection if there is one, else on one of our own in auto-commit mode. */
    <T> T joinOrOwn(Work<T> work) throws SQLException {
        Optional<CallersConnection> callers = callersConnection();
        return callers.isPresent() ? callers.get().run(work) : own(work);
    }

    /**
     * Works on a connection of our own in auto-commit mode.
     *
     * @throws EventStoreUnavailableException if there is no connection to be had
     * @throws TransientEventStoreException if the thread was interrupted while it waited for one
     */
    <T> T own(Work<T> work) throws SQLException {
        Connection connection = open();
        try {
            if (!connection.getAutoCommit()) {
                connection.setAutoCommit(true);
            }
            sessions.check(connection);
            return work.on(connection);
        } catch (SQLException e) {
            if (Failure.isReadOnly(e)) {
                abort(connection);
            }
            throw e;
        } finally {
            close(connection);
        }
    }

    /**
     * The same in READ COMMITTED, whatever the default is: what is one statement for us may be several in a function, each
     * of which has to see what others have committed. Reading has no need of it, a statement by itself sees that anyway.
     */
    <T> T ownInReadCommitted(Work<T> work) throws SQLException {
        return own(connection -> {
            int isolation = defaultIsolation(connection);
            if (isolation == Connection.TRANSACTION_READ_COMMITTED) {
                return work.on(connection);
            }
            connection.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
            try {
                return work.on(connection);
            } finally {
                restoreIsolation(connection, isolation);
            }
        });
    }

    private int defaultIsolation(Connection connection) throws SQLException {
        int known = isolation;
        if (known == UNKNOWN || routing) {
            known = connection.getTransactionIsolation();
            isolation = known;
        }
        return known;
    }

    /** What fails here must not hide what failed before. */
    private static void restoreIsolation(Connection connection, int isolation) {
        try {
            connection.setTransactionIsolation(isolation);
        } catch (SQLException e) {
            LOG.debug("A connection could not be restored; its pool will find out", e);
        }
    }

    /**
     * Ends a session whose server takes no changes any more. A pool would keep it for long, since it is sound; a new one
     * finds the server that does.
     */
    private static void abort(Connection connection) {
        try {
            connection.abort(Runnable::run);
        } catch (SQLException e) {
            LOG.debug("A connection to a read-only server could not be ended", e);
        }
    }

    /** The caller's connection, if this thread is in a transaction that holds one to our database. */
    Optional<CallersConnection> callersConnection() {
        boolean synchronizationOnly = TransactionSynchronizationManager.isSynchronizationActive()
                && !TransactionSynchronizationManager.isActualTransactionActive();
        if (synchronizationOnly
                || TransactionSynchronizationManager.getResourceMap().isEmpty()) {
            return Optional.empty();
        }
        for (Map.Entry<Object, Object> bound :
                TransactionSynchronizationManager.getResourceMap().entrySet()) {
            if (bound.getKey() instanceof DataSource key
                    && bound.getValue() instanceof ConnectionHolder holder
                    && target(key) == target
                    && TransactionPhase.current() != TransactionPhase.FINISHED
                    && isTransactional(key)) {
                return Optional.of(new CallersConnection(key, holder, sessions));
            }
        }
        return Optional.empty();
    }

    /**
     * Whether the bound connection is in a transaction. A connection that is merely kept for the length of another data
     * source's transaction commits by itself: what is written to it does not wait for that transaction.
     */
    private static boolean isTransactional(DataSource key) {
        Connection connection = bound(key);
        try {
            return !connection.getAutoCommit();
        } catch (SQLException e) {
            throw new EventStoreUnavailableException("The connection of the transaction is not usable", e);
        } finally {
            DataSourceUtils.releaseConnection(connection, key);
        }
    }

    private static Connection bound(DataSource key) {
        try {
            return DataSourceUtils.getConnection(key);
        } catch (CannotGetJdbcConnectionException e) {
            throw new EventStoreUnavailableException("The connection of the transaction is not usable", e);
        }
    }

    private Connection open() {
        try {
            return dataSource.getConnection();
        } catch (SQLException e) {
            throw noConnection(e);
        }
    }

    /**
     * What it means that there is no connection to be had. An interruption of the waiting thread, whose flag is set, says
     * nothing about the database.
     */
    static EventStoreException noConnection(Exception e) {
        return Thread.currentThread().isInterrupted()
                ? new TransientEventStoreException(
                        "The thread was interrupted while it waited for a connection; nothing was sent", e)
                : new EventStoreUnavailableException("No connection to the event store's database", e);
    }

    private static void close(Connection connection) {
        try {
            connection.close();
        } catch (SQLException e) {
            LOG.debug("A connection could not be closed", e);
        }
    }

    private static DataSource target(DataSource dataSource) {
        DataSource innermost = dataSource;
        while (innermost instanceof DelegatingDataSource delegating && delegating.getTargetDataSource() != null) {
            innermost = delegating.getTargetDataSource();
        }
        return innermost;
    }

    /** The connection of a transaction that somebody else ends. */
    static final class CallersConnection {
        private final DataSource key;
        private final ConnectionHolder holder;
        private final Sessions sessions;

        private CallersConnection(DataSource key, ConnectionHolder holder, Sessions sessions) {
            this.key = key;
            this.holder = holder;
            this.sessions = sessions;
        }

        /** Works on the connection. After any failure the transaction cannot commit: nobody knows what is left of it. */
        <T> T run(Work<T> work) throws SQLException {
            Connection connection = bound(key);
            boolean done = false;
            try {
                sessions.check(connection);
                T result = work.on(holder.hasTimeout() ? Deadline.on(connection, holder) : connection);
                done = true;
                return result;
            } finally {
                if (!done) {
                    mustRollBack();
                }
                DataSourceUtils.releaseConnection(connection, key);
            }
        }

        /**
         * Sees to it that the transaction cannot commit. The holder alone is not asked by every transaction manager, so
         * the commit is refused as well.
         */
        private void mustRollBack() {
            holder.setRollbackOnly();
            if (TransactionSynchronizationManager.isSynchronizationActive()) {
                TransactionSynchronizationManager.registerSynchronization(new RefusedCommit(key));
            }
        }
    }

    private record RefusedCommit(DataSource key) implements TransactionSynchronization {
        @Override
        public void beforeCommit(boolean readOnly) {
            throw new UnexpectedRollbackException("The event store failed in this transaction, so it is rolled back");
        }

        /** If it failed in a callback before the commit, it is too late to refuse, but not to roll back. */
        @Override
        public void beforeCompletion() {
            Connection connection = bound(key);
            try {
                connection.rollback();
            } catch (SQLException e) {
                LOG.debug("A transaction could not be rolled back; its manager will find out", e);
            } finally {
                DataSourceUtils.releaseConnection(connection, key);
            }
        }
    }
}
