package io.eventcore.test.contract;

import io.eventcore.EventStore;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.springframework.transaction.PlatformTransactionManager;

/**
 * What a store promises when transactions of its callers meet: a transaction holds the streams it has appended to, and
 * those it relies on, until it ends. And what it promises when a part of a transaction is rolled back.
 *
 * <p>Its rows stand in a class for each theme and run as nested tests of this one.
 *
 * @since 0.1
 */
public abstract class ConcurrentTransactionsContract {
    /** For subclasses. */
    protected ConcurrentTransactionsContract() {}

    /** A store without events that knows {@link LedgerEvent#types()}, fresh for each test. */
    protected abstract EventStore emptyStore();

    /**
     * Manages the transactions that appends to the store of {@link #emptyStore()} join; asked after that. It can set
     * savepoints. Where a transaction of its has a time-out, no wait for a lock lasts longer.
     */
    protected abstract PlatformTransactionManager transactionManager();

    /** Several of its rows wait for a second, the shortest time-out that Spring has: "-Pquick" leaves it out. */
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
