package io.eventcore.test.contract;

import io.eventcore.EventStore;
import org.junit.jupiter.api.Nested;
import org.springframework.transaction.PlatformTransactionManager;

/**
 * What commands promise, whichever store they run on.
 *
 * <p>The rows are grouped by theme, one class for each, and run as nested tests of this class.
 *
 * @since 0.1
 */
public abstract class CommandContract {
    /** For subclasses. */
    protected CommandContract() {}

    /** A store without events that knows {@link LedgerEvent#types()}, fresh for each test. */
    protected abstract EventStore emptyStore();

    /** Manages the transactions that appends to the store of {@link #emptyStore()} join; called after that method. */
    protected abstract PlatformTransactionManager transactionManager();

    @Nested
    class Decisions extends CommandDecisionContract {
        @Override
        CommandContract contract() {
            return CommandContract.this;
        }
    }

    @Nested
    class Metadata extends CommandMetadataContract {
        @Override
        CommandContract contract() {
            return CommandContract.this;
        }
    }

    @Nested
    class Streams_that_are_known extends WarmStreamContract {
        @Override
        CommandContract contract() {
            return CommandContract.this;
        }
    }
}
