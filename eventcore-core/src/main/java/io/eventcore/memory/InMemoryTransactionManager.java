package io.eventcore.memory;

import org.jspecify.annotations.Nullable;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.AbstractPlatformTransactionManager;
import org.springframework.transaction.support.DefaultTransactionStatus;
import org.springframework.transaction.support.SmartTransactionObject;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/**
 * Spring transactions for applications that have no database: they hold no resource of their own, so what commits and
 * rolls back with them is what joins them, the {@link InMemoryEventStore} above all.
 *
 * <p>Safe for any number of threads.
 *
 * @since 0.1
 */
public final class InMemoryTransactionManager extends AbstractPlatformTransactionManager {
    private static final long serialVersionUID = 1L;

    /** A transaction manager; it has no settings. */
    public InMemoryTransactionManager() {}

    @Override
    protected Object doGetTransaction() {
        Object running = TransactionSynchronizationManager.getResource(this);
        return running == null ? new Transaction() : running;
    }

    @Override
    protected boolean isExistingTransaction(Object transaction) {
        return TransactionSynchronizationManager.hasResource(this);
    }

    @Override
    protected void doBegin(Object transaction, TransactionDefinition definition) {
        TransactionSynchronizationManager.bindResource(this, transaction);
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
        ((Transaction) status.getTransaction()).rollbackOnly = true;
    }

    @Override
    protected void doCleanupAfterCompletion(Object transaction) {
        TransactionSynchronizationManager.unbindResource(this);
    }

    private static final class Transaction implements SmartTransactionObject {
        private boolean rollbackOnly;

        @Override
        public boolean isRollbackOnly() {
            return rollbackOnly;
        }
    }
}
