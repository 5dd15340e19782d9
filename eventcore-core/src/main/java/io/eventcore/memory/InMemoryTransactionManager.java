package io.eventcore.memory;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.transaction.SavepointManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.AbstractPlatformTransactionManager;
import org.springframework.transaction.support.DefaultTransactionStatus;
import org.springframework.transaction.support.ResourceHolderSupport;
import org.springframework.transaction.support.SmartTransactionObject;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/**
 * Spring transactions for applications without a database. They hold no resource of their own: what joins them commits
 * and rolls back with them, above all the {@link InMemoryEventStore}. Savepoints, nested transactions and time-outs
 * work as on a database; isolation is always READ COMMITTED.
 *
 * <p>Safe for any number of threads.
 *
 * @since 0.1
 */
public final class InMemoryTransactionManager extends AbstractPlatformTransactionManager {
    private static final long serialVersionUID = 1L;

    /** A transaction manager; it has no settings. */
    public InMemoryTransactionManager() {
        setNestedTransactionAllowed(true);
    }

    @Override
    protected Object doGetTransaction() {
        return new Transaction((Holder) TransactionSynchronizationManager.getResource(this));
    }

    @Override
    protected boolean isExistingTransaction(Object transaction) {
        return ((Transaction) transaction).holder != null;
    }

    @Override
    protected void doBegin(Object transaction, TransactionDefinition definition) {
        Holder holder = new Holder();
        holder.setSynchronizedWithTransaction(true);
        int seconds = determineTimeout(definition);
        if (seconds != TransactionDefinition.TIMEOUT_DEFAULT) {
            holder.setTimeoutInSeconds(seconds);
        }
        ((Transaction) transaction).holder = holder;
        TransactionSynchronizationManager.bindResource(this, holder);
    }

    @Override
    protected Object doSuspend(Object transaction) {
        return TransactionSynchronizationManager.unbindResource(this);
    }

    @Override
    protected void doResume(@Nullable Object transaction, Object suspended) {
        TransactionSynchronizationManager.bindResource(this, suspended);
    }

    @Override
    protected void doCommit(DefaultTransactionStatus status) {
        // What joined is committed by its own synchronization.
    }

    @Override
    protected void doRollback(DefaultTransactionStatus status) {
        // What joined is rolled back by its own synchronization.
    }

    @Override
    protected void doSetRollbackOnly(DefaultTransactionStatus status) {
        ((Transaction) status.getTransaction()).holder().setRollbackOnly();
    }

    @Override
    protected void doCleanupAfterCompletion(Object transaction) {
        TransactionSynchronizationManager.unbindResource(this);
    }

    /** What is bound to the thread for the length of a transaction. */
    private static final class Holder extends ResourceHolderSupport {}

    /** A transaction as one part of the application uses it that has begun or joined it. */
    private static final class Transaction implements SmartTransactionObject, SavepointManager {
        private @Nullable Holder holder;

        private Transaction(@Nullable Holder holder) {
            this.holder = holder;
        }

        private Holder holder() {
            return Objects.requireNonNull(holder, "there is no transaction");
        }

        @Override
        public boolean isRollbackOnly() {
            return holder != null && holder.isRollbackOnly();
        }

        @Override
        public Object createSavepoint() {
            return new Object();
        }

        @Override
        public void rollbackToSavepoint(Object savepoint) {
            // What joined is rolled back by its own synchronization.
            holder().resetRollbackOnly();
        }

        @Override
        public void releaseSavepoint(Object savepoint) {
            // There is nothing to release.
        }
    }
}
