package io.eventcore.test.contract;

import io.eventcore.EventStore;
import org.junit.jupiter.api.Nested;
import org.springframework.transaction.PlatformTransactionManager;

/**
 * What a store promises inside the transaction of its caller.
 *
 * <p>The rows are grouped by theme, one class for each, and run as nested tests of this class.
 *
 * @since 0.1
 */
public abstract class TransactionContract {
    /** For subclasses. */
    protected TransactionContract() {}

    /** A store without events that knows {@link LedgerEvent#types()}, fresh for each test. */
    protected abstract EventStore emptyStore();

    /** Manages the transactions that appends to the store of {@link #emptyStore()} join; called after that method. */
    protected abstract PlatformTransactionManager transactionManager();

    @Nested
    class Joining extends JoinedTransactionsContract {
        @Override
        TransactionContract contract() {
            return TransactionContract.this;
        }
    }

    @Nested
    class Callbacks extends TransactionCallbacksContract {
        @Override
        TransactionContract contract() {
            return TransactionContract.this;
        }
    }
}
