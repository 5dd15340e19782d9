package io.eventcore.jdbc;

import io.eventcore.EventStoreException;
import io.eventcore.EventStoreUnavailableException;
import io.eventcore.TransientEventStoreException;
import io.eventcore.internal.OwnThreads;
import io.eventcore.transaction.TransactionPhase;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.datasource.ConnectionHolder;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.jdbc.datasource.DataSourceUtils;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.AbstractPlatformTransactionManager;
import org.springframework.transaction.support.DefaultTransactionDefinition;
import org.springframework.transaction.support.DefaultTransactionStatus;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/** Where connections come from: the caller's transaction if it is in our database, else the pool. */
final class Connections {
    private static final Logger LOG = LoggerFactory.getLogger(Connections.class);
    private static final int UNKNOWN = -1;

    /** The SQLState with which no PostgreSQL statement fails in READ COMMITTED. */
    private static final String SERIALIZATION_FAILURE = "40001";

    private static final TransactionDefinition SUPPORTS =
            new DefaultTransactionDefinition(TransactionDefinition.PROPAGATION_SUPPORTS);

    private final DataSource dataSource;
    private final DataSource target;
    private final boolean routing;

    /**
     * The isolation in which connections arrive. Asked once, because some drivers need a statement for it. A stricter
     * session of the same pool reveals itself by a serialization failure, and from then on counts for all.
     */
    private volatile int isolation = UNKNOWN;

    private volatile Sessions sessions = Sessions.TRUSTED;

    Connections(DataSource dataSource) {
        this.dataSource = DataSourceProxies.outsideOfTransactions(dataSource);
        this.target = DataSourceProxies.target(dataSource);
        this.routing = DataSourceProxies.isRouting(target);
    }

    /** From now on, checks each session before its first use. */
    void check(Sessions ofThisDatabase) {
        sessions = ofThisDatabase;
    }

    /** The source of connections that belong to no transaction of the calling thread. */
    DataSource ownDataSource() {
        return dataSource;
    }

    /** Whether this is a routing data source, which chooses the database by what the calling thread carries. */
    boolean isRouting() {
        return routing;
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
     * @throws EventStoreUnavailableException if no connection is available
     * @throws TransientEventStoreException if the thread was interrupted while it waited for one
     */
    <T> T own(Work<T> work) throws SQLException {
        Connection connection = open();
        try {
            checkOwn(connection);
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
        } catch (Error e) {
            // The interrupt may have come during an exchange with the server: the next user would read the rest of the
            // answer.
            abort(connection);
            throw e;
        } finally {
            close(connection);
        }
    }

    /**
     * The same in READ COMMITTED, whatever the default is: one statement for us may be several in a function, each of
     * which must see what other transactions have committed. Reads do not need this: a single statement sees that
     * anyway.
     *
     * <p>It never changes the isolation of the session: behind a pooler that shares sessions between transactions,
     * other clients would get that isolation too.
     */
    <T> T ownInReadCommitted(Dialect dialect, Work<T> work) throws SQLException {
        return own(connection -> {
            if (defaultIsolation(connection) != Connection.TRANSACTION_READ_COMMITTED) {
                return dialect.transactions().runInReadCommitted(connection, () -> work.on(connection));
            }
            try {
                return work.on(connection);
            } catch (SQLException e) {
                if (SERIALIZATION_FAILURE.equals(e.getSQLState())) {
                    // Another session of the pool is stricter than the session that was asked: a pool may reset
                    // sessions to what they were before its own first statement. The next attempt asks for the
                    // isolation that it needs.
                    isolation = Connection.TRANSACTION_SERIALIZABLE;
                }
                throw e;
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

    /**
     * Ends a session that a pool would keep: one whose server accepts no more writes, because a new session finds the
     * server that does, or one that may be out of step with its server.
     */
    private static void abort(Connection connection) {
        try {
            connection.abort(Runnable::run);
        } catch (SQLException e) {
            LOG.debug("A connection to a read-only server could not be ended", OwnThreads.redacted(e));
        }
    }

    /**
     * The caller's connection, if this thread is in a transaction that holds one to our database.
     *
     * @throws IllegalStateException if the transaction has no synchronization, without which the library cannot see how
     *     it ends
     */
    Optional<CallersConnection> callersConnection() {
        boolean synchronizing = TransactionSynchronizationManager.isSynchronizationActive();
        boolean synchronizationOnly = synchronizing && !TransactionSynchronizationManager.isActualTransactionActive();
        if (synchronizationOnly
                || TransactionSynchronizationManager.getResourceMap().isEmpty()) {
            return Optional.empty();
        }
        CallersConnection found = null;
        // A copy, because asking about a transaction binds what is known of it.
        for (Map.Entry<Object, Object> bound :
                List.copyOf(TransactionSynchronizationManager.getResourceMap().entrySet())) {
            if (bound.getKey() instanceof DataSource key
                    && bound.getValue() instanceof ConnectionHolder holder
                    && DataSourceProxies.target(key) == target
                    && !TransactionPhase.isFinished(holder)
                    && isTransactional(key, holder)
                    && !DoubtfulEnd.isSeenOn(key)) {
                if (synchronizing) {
                    // Different proxies may have bound two: the caller's is the one whose transaction began last.
                    if (found == null || !TransactionPhase.isOlderThanTransaction(holder)) {
                        found = new CallersConnection(key, holder, target, sessions);
                    }
                    continue;
                }
                if (!TransactionPhase.isCallbackAfterCompletion()) {
                    throw new IllegalStateException(
                            "The transaction of this thread has no synchronization, so the event"
                                    + " store cannot see how it ends: set transactionSynchronization of the transaction manager"
                                    + " to SYNCHRONIZATION_ALWAYS");
                }
            }
        }
        return Optional.ofNullable(found);
    }

    /**
     * Whether the bound connection is in a transaction that its holder ends. Spring may merely keep a connection while
     * another data source's transaction runs, and give it back after that. Writes to that connection are committed at
     * once or, if connections come without auto-commit, never.
     */
    private static boolean isTransactional(DataSource key, ConnectionHolder holder) {
        if (holder.isSynchronizedWithTransaction()) {
            DataSourceTransactionManager probe = new DataSourceTransactionManager(key);
            probe.setTransactionSynchronization(AbstractPlatformTransactionManager.SYNCHRONIZATION_NEVER);
            return ((DefaultTransactionStatus) probe.getTransaction(SUPPORTS)).hasTransaction();
        }
        Connection connection = CallersConnection.bound(key);
        try {
            return !connection.getAutoCommit();
        } catch (SQLException e) {
            throw new EventStoreUnavailableException("The connection of the transaction is not usable", e);
        } finally {
            DataSourceUtils.releaseConnection(connection, key);
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
     * The exception for a missing connection. If the waiting thread was interrupted (its flag is set), that says
     * nothing about the database.
     */
    static EventStoreException noConnection(Exception e) {
        return Thread.currentThread().isInterrupted()
                ? new TransientEventStoreException(
                        "The thread was interrupted while it waited for a connection; nothing was sent", e)
                : new EventStoreUnavailableException("No connection to the event store's database", e);
    }

    /** The work on the connection is done: an exception of its pool or a wrapper must not make the work look failed. */
    private static void close(Connection connection) {
        try {
            connection.close();
        } catch (SQLException e) {
            LOG.debug("A connection could not be closed", OwnThreads.redacted(e));
        } catch (RuntimeException | Error e) {
            LOG.warn("A connection could not be returned to the pool", OwnThreads.redacted(e));
        }
    }

    /**
     * An unknown proxy may still hand out the connection of the caller's transaction, and a data source may have no
     * other connection. If we used it as our own, we would commit that transaction.
     */
    private void checkOwn(Connection connection) throws SQLException {
        Map<Object, Object> bound = TransactionSynchronizationManager.getResourceMap();
        if (bound.isEmpty()) {
            return;
        }
        Connection physical = DataSourceUtils.getTargetConnection(connection);
        if (physical.getAutoCommit()) {
            return;
        }
        for (Object resource : bound.values()) {
            if (resource instanceof ConnectionHolder holder
                    && holder.getConnectionHandle() != null
                    && DataSourceUtils.getTargetConnection(holder.getConnection()) == physical) {
                throw new IllegalStateException(
                        "The data source " + dataSource.getClass().getName()
                                + " returns the connection of the caller's transaction, but the event store needs one"
                                + " of its"
                                + " own: pass it the underlying data source");
            }
        }
    }
}
