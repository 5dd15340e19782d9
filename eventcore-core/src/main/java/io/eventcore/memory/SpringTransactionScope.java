package io.eventcore.memory;

import io.eventcore.transaction.CommitGuard;
import io.eventcore.transaction.TransactionPhase;
import java.util.Date;
import java.util.Objects;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.core.Ordered;
import org.springframework.transaction.support.ResourceHolderSupport;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/** Ties an in-memory store to the Spring transaction of the calling thread, whichever resource it belongs to. */
final class SpringTransactionScope implements TransactionScope {
    private final ReentrantLock lock;
    private final CommitOrder order;

    SpringTransactionScope(ReentrantLock lock, CommitOrder order) {
        this.lock = lock;
        this.order = order;
    }

    @Override
    public @Nullable MemoryTransaction current() {
        if (!isActive()) {
            return null;
        }
        Participation participation = (Participation) TransactionSynchronizationManager.getResource(this);
        if (participation == null) {
            participation = new Participation();
            TransactionSynchronizationManager.bindResource(this, participation);
            TransactionSynchronizationManager.registerSynchronization(participation);
        }
        participation.transaction.checkTime();
        return participation.transaction;
    }

    @Override
    public boolean isActive() {
        if (TransactionSynchronizationManager.getResourceMap().isEmpty()
                && !TransactionSynchronizationManager.isActualTransactionActive()) {
            return false;
        }
        TransactionPhase phase = TransactionPhase.current();
        if (phase == TransactionPhase.NONE
                && !TransactionSynchronizationManager.isSynchronizationActive()
                && resources().findAny().isPresent()
                && !TransactionPhase.isCallbackAfterCompletion()) {
            throw new IllegalStateException("The transaction of this thread has no synchronization, so the event store"
                    + " cannot see how it ends: set transactionSynchronization of the transaction manager to"
                    + " SYNCHRONIZATION_ALWAYS");
        }
        return phase == TransactionPhase.ACTIVE;
    }

    @Override
    public boolean isReadOnly() {
        return isActive() && TransactionSynchronizationManager.isCurrentTransactionReadOnly();
    }

    /** What the current transaction is about, as its manager has bound it: a connection, a session. */
    private static Stream<ResourceHolderSupport> resources() {
        return TransactionSynchronizationManager.getResourceMap().values().stream()
                .filter(ResourceHolderSupport.class::isInstance)
                .map(ResourceHolderSupport.class::cast)
                .filter(ResourceHolderSupport::isSynchronizedWithTransaction);
    }

    private static long deadlineMillis() {
        return resources()
                .filter(ResourceHolderSupport::hasTimeout)
                .map(holder -> Objects.requireNonNull(holder.getDeadline()))
                .mapToLong(Date::getTime)
                .min()
                .orElse(Long.MAX_VALUE);
    }

    /**
     * Bound to the thread for the length of one transaction; unbound while that is suspended. Runs before all others in
     * every phase: their callbacks after the commit must see its effects.
     */
    private final class Participation implements TransactionSynchronization, Ordered, CommitGuard {
        private final MemoryTransaction transaction = new MemoryTransaction(
                deadlineMillis(), () -> resources().forEach(ResourceHolderSupport::setRollbackOnly));

        private boolean ended;

        @Override
        public int getOrder() {
            return Ordered.HIGHEST_PRECEDENCE + order.place();
        }

        @Override
        public void suspend() {
            TransactionSynchronizationManager.unbindResourceIfPossible(SpringTransactionScope.this);
        }

        @Override
        public void resume() {
            if (!ended) {
                TransactionSynchronizationManager.bindResource(SpringTransactionScope.this, this);
            }
        }

        @Override
        public void savepoint(Object savepoint) {
            locked(() -> transaction.setSavepoint(savepoint));
        }

        @Override
        public void savepointRollback(Object savepoint) {
            locked(() -> transaction.rollBackTo(savepoint));
        }

        @Override
        public void beforeCommit(boolean readOnly) {
            checkCommit();
        }

        /** Again, for the changes of callbacks before the commit. */
        @Override
        public void checkCommit() {
            transaction.refusal().ifPresent(refusal -> {
                throw refusal;
            });
        }

        @Override
        public void afterCommit() {
            end(transaction::commit);
        }

        @Override
        public void afterCompletion(int status) {
            end(transaction::rollBack);
        }

        private void end(Runnable ending) {
            if (!ended) {
                ended = true;
                TransactionSynchronizationManager.unbindResourceIfPossible(SpringTransactionScope.this);
                locked(ending);
            }
        }

        private void locked(Runnable action) {
            lock.lock();
            try {
                action.run();
            } finally {
                lock.unlock();
            }
        }
    }
}
