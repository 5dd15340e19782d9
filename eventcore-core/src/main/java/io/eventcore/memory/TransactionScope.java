package io.eventcore.memory;

import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** The transaction that the calling thread is in, for what is to commit and roll back with it in one store. */
interface TransactionScope {
    /**
     * The same object while the transaction lasts; null outside a transaction.
     *
     * @throws io.eventcore.TransientEventStoreException if it has timed out
     * @throws IllegalStateException if there is a transaction whose end cannot be seen
     */
    @Nullable
    MemoryTransaction current();

    /**
     * Whether there is a transaction to join.
     *
     * @throws IllegalStateException if there is one whose end cannot be seen
     */
    boolean isActive();

    /** Whether the transaction to join may only read. */
    boolean isReadOnly();

    /**
     * The scope of Spring's transactions, or of none where they are not on the class path.
     *
     * @param lock the lock of the store, held for the whole of a commit or a rollback
     * @param order when this store commits
     */
    static TransactionScope ofSpring(ReentrantLock lock, CommitOrder order) {
        return springTransactionsArePresent() ? new SpringTransactionScope(lock, order) : new NoTransactions();
    }

    /** Stores in memory commit one after the other, each in one step. */
    enum CommitOrder {
        /**
         * What reading events needs: a reader that sees an event must find it, and a reader that sees that the event is
         * gone must not.
         */
        BEFORE_THE_EVENTS(0),

        /** The events. */
        EVENTS(1),

        /** What rests on events: a reader that sees it must find them. */
        AFTER_THE_EVENTS(2);

        private final int place;

        CommitOrder(int place) {
            this.place = place;
        }

        int place() {
            return place;
        }
    }

    /** Whether Spring's transactions are on the class path. */
    static boolean springTransactionsArePresent() {
        try {
            Class.forName(
                    "org.springframework.transaction.support.TransactionSynchronizationManager",
                    false,
                    TransactionScope.class.getClassLoader());
            return true;
        } catch (ClassNotFoundException e) {
            return false;
        }
    }

    /** What holds where there is never a transaction. */
    final class NoTransactions implements TransactionScope {
        @Override
        public @Nullable MemoryTransaction current() {
            return null;
        }

        @Override
        public boolean isActive() {
            return false;
        }

        @Override
        public boolean isReadOnly() {
            return false;
        }
    }
}
