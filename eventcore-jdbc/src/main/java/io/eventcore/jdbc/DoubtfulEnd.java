package io.eventcore.jdbc;

import io.eventcore.EventStoreUnavailableException;
import io.eventcore.internal.OwnThreads;
import io.eventcore.transaction.TransactionPhase;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.core.PriorityOrdered;
import org.springframework.jdbc.datasource.ConnectionHolder;
import org.springframework.jdbc.datasource.DataSourceUtils;
import org.springframework.transaction.support.ResourceHolder;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/**
 * Finds out whether a commit that Spring reports is a commit of the transaction that the library has written in.
 *
 * <p>Without {@link TransactionPhase#listener()} that is in doubt in two places. First, in a callback after completion:
 * a call that needs a transaction joins the finished one, and a call that needs a new transaction begins one; they look
 * the same. Second, a transaction of another manager, begun inside one of the event store's database, takes over its
 * callbacks. In both cases Spring reports a commit, and the connection commits nothing. A savepoint beside the writes
 * decides: after a real end it is gone, otherwise it is still there. If it is still there, this class makes the end
 * what it should be, and the call fails.
 *
 * <p>Runs before all others, so that no other callback hears of a commit that was none.
 */
final class DoubtfulEnd implements TransactionSynchronization, PriorityOrdered {
    private static final Logger LOG = LoggerFactory.getLogger(DoubtfulEnd.class);

    private static final String REMEDY =
            "Begin a new transaction (REQUIRES_NEW), or add TransactionPhase.listener() to the transaction manager";

    private final DataSource key;
    private final ConnectionHolder holder;
    private final boolean afterCompletion;

    /**
     * The first and the last. A rollback to a savepoint of the caller removes the last one, together with the writes.
     */
    private final List<Savepoint> savepoints = new ArrayList<>();

    private boolean ended;

    private DoubtfulEnd(DataSource key, ConnectionHolder holder, boolean afterCompletion) {
        this.key = key;
        this.holder = holder;
        this.afterCompletion = afterCompletion;
    }

    /** For the transaction of this thread, which the library has just joined; empty if its end is not in doubt. */
    static Optional<DoubtfulEnd> of(DataSource key, ConnectionHolder holder) {
        if (TransactionPhase.isWatched()) {
            return Optional.empty();
        }
        boolean afterCompletion = TransactionPhase.isCallbackAfterCompletion();
        if (!afterCompletion && !isAnotherBoundBeside(holder)) {
            return Optional.empty();
        }
        DoubtfulEnd end = new DoubtfulEnd(key, holder, afterCompletion);
        TransactionSynchronizationManager.registerSynchronization(end);
        return Optional.of(end);
    }

    private static boolean isAnotherBoundBeside(ConnectionHolder holder) {
        return TransactionSynchronizationManager.getResourceMap().values().stream()
                .anyMatch(bound -> bound instanceof ResourceHolder && bound != holder);
    }

    /**
     * Whether the transaction of a bound connection has ended, as far as the connection shows: Hibernate switches
     * auto-commit on then. Used in callbacks after completion only, and without the listener.
     */
    static boolean isSeenOn(DataSource key) {
        if (TransactionPhase.isWatched() || !TransactionPhase.isCallbackAfterCompletion()) {
            return false;
        }
        Connection connection = CallersConnection.bound(key);
        try {
            return connection.getAutoCommit();
        } catch (SQLException e) {
            throw new EventStoreUnavailableException("The connection of the transaction is not usable", e);
        } finally {
            DataSourceUtils.releaseConnection(connection, key);
        }
    }

    /**
     * Call this before any write.
     *
     * @throws IllegalStateException if the transaction is marked for a rollback; a call that has joined a finished
     *     transaction would not hear of the rollback
     */
    static void refuseRollback(ConnectionHolder holder) {
        if (holder.isRollbackOnly() && !TransactionPhase.isWatched() && TransactionPhase.isCallbackAfterCompletion()) {
            throw new IllegalStateException(
                    "The transaction of this call has ended, or can only roll back, so what is passed"
                            + " to the event store would not be stored. " + REMEDY);
        }
    }

    @Override
    public int getOrder() {
        return PriorityOrdered.HIGHEST_PRECEDENCE;
    }

    /** Notes a write on the connection. */
    void hasWritten(Connection connection) throws SQLException {
        if (savepoints.size() == 2) {
            savepoints.remove(1);
        }
        savepoints.add(connection.setSavepoint());
    }

    @Override
    public void afterCommit() {
        ended = true;
        if (isStillOpen()) {
            undo();
            throw new IllegalStateException((afterCompletion
                            ? "The call has joined a transaction that had ended before"
                            : "The call has joined a transaction that another transaction manager has suspended")
                    + ", so what it passed to the event store would not be committed, and is not stored. " + REMEDY);
        }
    }

    /** The connection must not commit later what was rolled back. */
    @Override
    public void afterCompletion(int status) {
        if (!ended && isStillOpen()) {
            undo();
        }
    }

    private boolean isStillOpen() {
        if (savepoints.isEmpty() || TransactionSynchronizationManager.getResource(key) != holder) {
            return false;
        }
        Connection connection = CallersConnection.bound(key);
        try {
            for (Savepoint each : savepoints) {
                if (isThere(each, connection)) {
                    return true;
                }
            }
            // The check has begun a transaction, in which a statement has failed.
            connection.rollback();
        } catch (SQLException e) {
            LOG.debug("A check of an ended transaction could not be completed", OwnThreads.redacted(e));
        } finally {
            DataSourceUtils.releaseConnection(connection, key);
        }
        return false;
    }

    private static boolean isThere(Savepoint savepoint, Connection connection) {
        try {
            connection.rollback(savepoint);
            return true;
        } catch (SQLException gone) {
            return false;
        }
    }

    /** An outer transaction must not commit without the writes of the library: a closed connection commits nothing. */
    private void undo() {
        Connection connection = CallersConnection.bound(key);
        try {
            connection.rollback();
            if (!afterCompletion) {
                holder.setRollbackOnly();
                holder.getConnection().close();
            }
        } catch (SQLException e) {
            LOG.debug("A transaction could not be rolled back; its manager will notice", OwnThreads.redacted(e));
        } finally {
            DataSourceUtils.releaseConnection(connection, key);
        }
    }
}
