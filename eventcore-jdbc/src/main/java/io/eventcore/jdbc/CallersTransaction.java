package io.eventcore.jdbc;

import io.eventcore.EventStoreException;
import io.eventcore.TransientEventStoreException;
import io.eventcore.internal.OwnThreads;
import io.eventcore.transaction.CommitGuard;
import io.eventcore.transaction.TransactionPhase;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
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
 * <p>It may not commit after a failure of the store, nor if it is no longer the transaction that the store has written
 * in. Spring's rollback mark is not enough: a rollback to a savepoint removes it, and not every transaction manager
 * reads it. So the library refuses the commit with an exception after which Spring rolls back; an
 * {@code UnexpectedRollbackException} would tell Spring that the rollback has happened already.
 *
 * <p>The check is the last step before the commit, because callbacks before it may still write.
 */
final class CallersTransaction implements TransactionSynchronization, CommitGuard {
    private static final Logger LOG = LoggerFactory.getLogger(CallersTransaction.class);

    private final Key resource;
    private final DataSource key;
    private final ConnectionHolder holder;

    /** The one that this thread knew before: its transaction is suspended, or its callbacks after the end are running. */
    private final @Nullable CallersTransaction outer;

    private @Nullable Throwable failure;
    private boolean refused;
    private boolean ended;
    private Optional<DoubtfulEnd> doubt = Optional.empty();

    /** The savepoints set since the library takes part, in their order. */
    private final List<Object> savepoints = new ArrayList<>();

    /**
     * The first mark of each kind: if that one is still there, so is all that was written after it. Guards do not show
     * that.
     */
    private final List<Written> written = new ArrayList<>();

    /**
     * Something that must be there when the transaction commits.
     *
     * @param savepoints how many savepoints there were when it was written
     */
    private record Written(TransactionMark mark, int savepoints) {}

    private CallersTransaction(
            Key resource, DataSource key, ConnectionHolder holder, @Nullable CallersTransaction outer) {
        this.resource = resource;
        this.key = key;
        this.holder = holder;
        this.outer = outer;
    }

    /** The key of what is bound to the thread for a database. All work in one database shares it. */
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

    /**
     * The caller's transaction that a connection belongs to. The connection identifies it, not what Spring has
     * suspended: if another manager begins a transaction of its own, the connection stays bound, and Spring suspends
     * the callbacks of its transaction.
     */
    static CallersTransaction of(DataSource target, DataSource key, ConnectionHolder holder) {
        Key resource = new Key(target);
        CallersTransaction known = known(resource, holder);
        if (known != null) {
            return known;
        }
        CallersTransaction last =
                (CallersTransaction) TransactionSynchronizationManager.unbindResourceIfPossible(resource);
        CallersTransaction transaction = new CallersTransaction(resource, key, holder, last);
        TransactionSynchronizationManager.bindResource(resource, transaction);
        TransactionSynchronizationManager.registerSynchronization(transaction);
        transaction.doubt = DoubtfulEnd.of(key, holder);
        return transaction;
    }

    /**
     * Whether the library can take part in the transaction of a connection.
     *
     * @throws IllegalStateException if another manager's transaction suspended this one before the library took part in
     *     it, so that the library would not see how it ends
     */
    static void checkWhetherItsEndIsSeen(DataSource target, ConnectionHolder holder) {
        if (TransactionPhase.isOlderThanTransaction(holder) && known(new Key(target), holder) == null) {
            throw new IllegalStateException(
                    "The transaction of the event store's database is suspended, because another transaction manager"
                            + " has begun one inside it, and the event store cannot see how the outer one ends. Use"
                            + " the event store before the inner transaction begins, or in a new transaction of its"
                            + " own manager");
        }
    }

    private static @Nullable CallersTransaction known(Key resource, ConnectionHolder holder) {
        CallersTransaction each = (CallersTransaction) TransactionSynchronizationManager.getResource(resource);
        while (each != null && (each.holder != holder || each.ended)) {
            each = each.outer;
        }
        return each;
    }

    void mustRollBack(Throwable cause) {
        holder.setRollbackOnly();
        if (failure == null) {
            failure = cause;
        }
        endIfItIsTooLateToRefuse();
    }

    /**
     * Checks what the transaction only relies on, before the transaction may write that itself. After that, the writes
     * show whether the transaction is still the same, and so whether it still holds these locks.
     *
     * @throws TransientEventStoreException if the transaction has lost its locks
     */
    static void checkGuards(DataSource target, ConnectionHolder holder) {
        CallersTransaction known = known(new Key(target), holder);
        if (known != null) {
            List<Written> guards = known.written.stream()
                    .filter(each -> !each.mark.kind().tells())
                    .toList();
            known.check(guards);
            known.written.removeAll(guards);
            if (!guards.isEmpty() && known.failure != null) {
                throw refusal(known.failure);
            }
        }
    }

    void hasWritten(TransactionMark mark) {
        doubt.ifPresent(this::setSavepoint);
        boolean told = written.stream()
                .map(each -> each.mark.kind())
                .anyMatch(kind ->
                        kind.tells() && (kind == mark.kind() || !mark.kind().tells()));
        if (!told) {
            written.add(new Written(mark, savepoints.size()));
        }
    }

    private void setSavepoint(DoubtfulEnd end) {
        Connection connection = CallersConnection.bound(key);
        try {
            end.hasWritten(connection);
        } catch (SQLException e) {
            mustRollBack(e);
        } finally {
            DataSourceUtils.releaseConnection(connection, key);
        }
    }

    @Override
    public void savepoint(Object savepoint) {
        savepoints.add(savepoint);
    }

    /**
     * The rollback removes what was written after the savepoint. An unknown savepoint is older than all of that. Spring
     * calls this before the rollback, so this is the last chance to check that the transaction is still the one with
     * the savepoint.
     */
    @Override
    public void savepointRollback(Object savepoint) {
        int place = savepoints.lastIndexOf(savepoint);
        List<Written> going = written.stream()
                .filter(each -> each.savepoints > place && each.mark.kind().goesWithSavepoint())
                .toList();
        check(going);
        written.removeAll(going);
    }

    /** The listener checks again, after all callbacks. If there is none, another check runs as late as possible. */
    @Override
    public void beforeCommit(boolean readOnly) {
        if (failure != null) {
            checkCommit();
        } else if (!TransactionPhase.isWatched()) {
            checkCommit();
            // The check itself has removed it.
            written.removeIf(each -> each.mark.kind() == TransactionMark.Kind.BEGINNING);
            TransactionSynchronizationManager.registerSynchronization(new LastLook());
        }
    }

    /**
     * For managers without a listener: runs after the callbacks before the commit, and after the callbacks before the
     * completion that are known by then.
     */
    private final class LastLook implements TransactionSynchronization {
        @Override
        public void beforeCompletion() {
            if (failure == null && TransactionPhase.isCallbackBeforeCommit()) {
                check(written);
            }
        }
    }

    @Override
    public void checkCommit() {
        if (failure == null) {
            check(written);
        }
        if (failure != null) {
            refused = true;
            rollBack();
            throw refusal(failure);
        }
    }

    private void check(Collection<Written> expected) {
        if (expected.isEmpty()) {
            return;
        }
        Connection connection = CallersConnection.bound(key);
        try {
            for (Written each : List.copyOf(expected)) {
                if (!each.mark.isThere(connection)) {
                    mustRollBack(new LostTransactionException(each.mark.kind()));
                }
            }
        } catch (SQLException e) {
            mustRollBack(e);
        } finally {
            DataSourceUtils.releaseConnection(connection, key);
        }
    }

    private static EventStoreException refusal(Throwable failure) {
        if (failure instanceof LostTransactionException lost) {
            return new TransientEventStoreException(
                    lost.what + "; all of it is rolled back. Repeat the transaction", lost);
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
     * Without a listener before the commit, the manager does not notice a failure in a callback shortly before the
     * commit, or notices it after the commit. So this closes the connection: a closed connection commits nothing.
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
            LOG.debug("A transaction could not be rolled back; its manager will notice", OwnThreads.redacted(e));
        } finally {
            DataSourceUtils.releaseConnection(connection, key);
        }
    }

    private void close() {
        try {
            holder.getConnection().close();
        } catch (SQLException e) {
            LOG.debug("A connection could not be closed; its transaction manager will notice", OwnThreads.redacted(e));
        }
    }

    @Override
    public void afterCompletion(int status) {
        ended = true;
        CallersTransaction last = (CallersTransaction) TransactionSynchronizationManager.getResource(resource);
        CallersTransaction open = last;
        while (open != null && open.ended) {
            open = open.outer;
        }
        if (open != last) {
            TransactionSynchronizationManager.unbindResource(resource);
            if (open != null) {
                TransactionSynchronizationManager.bindResource(resource, open);
            }
        }
    }

    /** Stands for the lost transaction. */
    private static final class LostTransactionException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        private final String what;

        LostTransactionException(TransactionMark.Kind kind) {
            super("The connection is no longer in the transaction that the event store has written in");
            this.what = kind == TransactionMark.Kind.STATE
                    ? "A statement of the transaction has failed before its commit, so the database keeps nothing of it"
                    : "The database has ended the transaction before its commit, for example because of a deadlock, and what"
                            + " the event store had written is gone";
        }
    }
}
