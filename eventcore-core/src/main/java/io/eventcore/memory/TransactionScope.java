package io.eventcore.memory;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The transaction that the calling thread is in, for what is to commit and roll back with it. */
interface TransactionScope {
    /** Stands for the transaction, the same as long as it lasts; null outside of one. */
    @Nullable
    Object current();

    /** Runs when the current transaction has ended; it is told whether that was a commit. */
    void whenEnded(Consumer<Boolean> action);

    /** The scope of Spring's transactions, or of none where they are not on the class path. */
    static TransactionScope ofSpring() {
        return InMemoryEventStore.springTransactionsArePresent() ? new SpringTransactionScope() : new NoTransactions();
    }

    /** What holds where there is never a transaction. */
    final class NoTransactions implements TransactionScope {
        @Override
        public @Nullable Object current() {
            return null;
        }

        @Override
        public void whenEnded(Consumer<Boolean> action) {
            throw new IllegalStateException("There is no transaction to end");
        }
    }
}
