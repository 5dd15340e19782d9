package io.eventcore.test.contract;

import io.eventcore.EventStore;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.springframework.transaction.PlatformTransactionManager;

/**
 * What a store promises when its callers' transactions meet: a transaction holds the streams that it has appended to,
 * and those that it relies on, until it ends. The contract also covers what happens when a part of a transaction is
 * rolled back.
 *
 * <p>The rows are grouped by theme, one class for each, and run as nested tests of this class.
 *
 * @since 0.1
 */
public abstract class ConcurrentTransactionsContract {
    /** For subclasses. */
    protected ConcurrentTransactionsContract() {}

    /** A store without events that knows {@link LedgerEvent#types()}, fresh for each test. */
    protected abstract EventStore emptyStore();

    /**
     * Manages the transactions that appends to the store of {@link #emptyStore()} join; called after that method. The
     * manager can set savepoints. If one of its transactions has a time-out, no wait for a lock lasts longer.
     */
    protected abstract PlatformTransactionManager transactionManager();

    /**
     * Several of its rows wait for a second, the shortest time-out that Spring has, so "-Pquick" leaves this class out.
     */
    @Nested
    @Tag("waits")
    class Waits extends TransactionWaitsContract {
        @Override
        ConcurrentTransactionsContract contract() {
            return ConcurrentTransactionsContract.this;
        }
    }

    @Nested
    class Nested_transactions extends NestedTransactionsContract {
        @Override
        ConcurrentTransactionsContract contract() {
            return ConcurrentTransactionsContract.this;
        }
    }

    @Nested
    class Isolation extends TransactionIsolationContract {
        @Override
        ConcurrentTransactionsContract contract() {
            return ConcurrentTransactionsContract.this;
        }
    }
}
