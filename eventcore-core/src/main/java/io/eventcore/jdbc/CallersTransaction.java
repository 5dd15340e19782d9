package io.eventcore.jdbc;

import io.eventcore.EventStoreException;
import io.eventcore.TransientEventStoreException;
import io.eventcore.transaction.CommitGuard;
import io.eventcore.transaction.TransactionPhase;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.datasource.ConnectionHolder;
import org.springframework.jdbc.datasource.DataSourceUtils;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/**
 * What the library has done in a transaction of the caller, and whether that transaction may commit.
 *
 * <p>It may not after a failure of the store, nor if it is no longer the transaction that the store has written in. The
 * mark of Spring is not enough: a rollback to a savepoint takes it away, and not every transaction manager reads it. So the
 * commit is refused, by an exception after which Spring rolls back; an {@code UnexpectedRollbackException} would tell
 * Spring that this has happened already.
 *
 * <p>Last before the commit, since callbacks before it may still write.
 */
final class CallersTransaction implements TransactionSynchronization, CommitGuard {
    private static final Logger LOG = LoggerFactory.getLogger(CallersTransaction.class);

    private final Key resource;
    private final DataSource key;
    private final ConnectionHolder holder;

    private @Nullable Throwable failure;
    private boolean refused;
    private boolean ended;

    /** Those that were set since the library takes part, in their order. */
    private final List<Object> savepoints = new ArrayList<>();

    /** The first of each kind: if that is still there, so is what was written after it. */
    private final Map<TransactionMark.Kind, Written> written = new EnumMap<>(TransactionMark.Kind.class);

    /**
     * Something that must be there when the transaction commits.
     *
     * @param savepoints how many savepoints there were when it was written
     */
    private record Written(TransactionMark mark, int savepoints) {}

    private CallersTransaction(Key resource, DataSource key, ConnectionHolder holder) {
        this.resource = resource;
        this.key = key;
        this.holder = holder;
    }

    /** What is bound to the thread for a database. All that works in one has this in common. */
    private record Key(DataSource target) {
        @Override
        public boolean equals(Object other) {
            return other instanceof Key key && key.target == target;
        }

        @Override
        public int hashCode() {
            return System.identityHashCode(target);
        }
    }

    /** That of this thread, in which synchronization is active. */
    static CallersTransaction of(DataSource target, DataSource key, ConnectionHolder holder) {
        Key resource = new Key(target);
        CallersTransaction known = (CallersTransaction) TransactionSynchronizationManager.getResource(resource);
        if (known != null) {
            return known;
        }
        CallersTransaction transaction = new CallersTransaction(resource, key, holder);
        TransactionSynchronizationManager.bindResource(resource, transaction);
        TransactionSynchronizationManager.registerSynchronization(transaction);
        return transaction;
    }

    void mustRollBack(Throwable cause) {
        holder.setRollbackOnly();
        if (failure == null) {
            failure = cause;
        }
        endIfItIsTooLateToRefuse();
    }

    void hasWritten(TransactionMark mark) {
        written.putIfAbsent(mark.kind(), new Written(mark, savepoints.size()));
    }

    @Override
    public void suspend() {
        TransactionSynchronizationManager.unbindResourceIfPossible(resource);
    }

    @Override
    public void resume() {
        if (!ended) {
            TransactionSynchronizationManager.bindResource(resource, this);
        }
    }

    @Override
    public void savepoint(Object savepoint) {
        savepoints.add(savepoint);
    }

    /** What was written after the savepoint goes. One that is not known is older than all of it. */
    @Override
    public void savepointRollback(Object savepoint) {
        int place = savepoints.lastIndexOf(savepoint);
        written.values().removeIf(each -> each.savepoints > place);
    }

    @Override
    public void beforeCommit(boolean readOnly) {
        checkCommit();
    }

    @Override
    public void checkCommit() {
        if (failure == null) {
            checkWritten();
        }
        if (failure != null) {
            refused = true;
            rollBack();
            throw refusal(failure);
        }
    }

    /** Only what is written after this is looked at again. */
    private void checkWritten() {
        List<Written> unchecked = List.copyOf(written.values());
        written.clear();
        if (unchecked.isEmpty()) {
            return;
        }
        Connection connection = CallersConnection.bound(key);
        try {
            for (Written each : unchecked) {
                if (!each.mark.isThere(connection)) {
                    mustRollBack(new LostTransactionException());
                }
            }
        } catch (SQLException e) {
            mustRollBack(e);
        } finally {
            DataSourceUtils.releaseConnection(connection, key);
        }
    }

    private static EventStoreException refusal(Throwable failure) {
        if (failure instanceof LostTransactionException) {
            return new TransientEventStoreException(
                    "The database has ended the transaction before its commit, for example because of a deadlock, and what"
                            + " the event store had written is gone; the rest is rolled back. Repeat the transaction",
                    failure);
        }
        Throwable cause = failure instanceof SQLException e ? Failure.redacted(e) : failure;
        return new TransientEventStoreException(
                "The event store failed in this transaction, so all of it is rolled back", cause);
    }

    @Override
    public void beforeCompletion() {
        if (failure != null) {
            endIfItIsTooLateToRefuse();
        }
    }

    /**
     * Where the listener does not ask before the commit, a failure in a callback shortly before it is not noticed by the
     * manager, or when all is committed. A connection that is closed commits nothing.
     */
    private void endIfItIsTooLateToRefuse() {
        if (!refused && !TransactionPhase.isWatched() && TransactionPhase.isCallbackBeforeCommit()) {
            rollBack();
            close();
        }
    }

    private void rollBack() {
        Connection connection = CallersConnection.bound(key);
        try {
            connection.rollback();
        } catch (SQLException e) {
            LOG.debug("A transaction could not be rolled back; its manager will find out", e);
        } finally {
            DataSourceUtils.releaseConnection(connection, key);
        }
    }

    private void close() {
        try {
            holder.getConnection().close();
        } catch (SQLException e) {
            LOG.debug("A connection could not be closed; its transaction manager will find out", e);
        }
    }

    @Override
    public void afterCompletion(int status) {
        ended = true;
        TransactionSynchronizationManager.unbindResourceIfPossible(resource);
    }

    /** Stands for the transaction that has gone. */
    private static final class LostTransactionException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        LostTransactionException() {
            super("The connection is no longer in the transaction that the event store has written in");
        }
    }
}
