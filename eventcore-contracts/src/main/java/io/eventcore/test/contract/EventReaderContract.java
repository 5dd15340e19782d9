package io.eventcore.test.contract;

import io.eventcore.EventStore;
import org.junit.jupiter.api.Nested;
import org.springframework.transaction.PlatformTransactionManager;

/**
 * What a store promises about reading the log: everything, once, in order, however late it is committed.
 *
 * <p>The rows are grouped by theme, one class for each, and run as nested tests of this class.
 *
 * @since 0.1
 */
public abstract class EventReaderContract {
    /** For subclasses. */
    protected EventReaderContract() {}

    /** A store without events that knows {@link LedgerEvent#types()}, fresh for each test. */
    protected abstract EventStore emptyStore();

    /** Manages the transactions that appends to the store of {@link #emptyStore()} join; called after that method. */
    protected abstract PlatformTransactionManager transactionManager();

    @Nested
    class Pages extends LogPagesContract {
        @Override
        EventReaderContract contract() {
            return EventReaderContract.this;
        }
    }

    @Nested
    class Filters extends LogFiltersContract {
        @Override
        EventReaderContract contract() {
            return EventReaderContract.this;
        }
    }

    @Nested
    class Transactions extends LogTransactionsContract {
        @Override
        EventReaderContract contract() {
            return EventReaderContract.this;
        }
    }
}
