package io.eventcore.test.contract;

import io.eventcore.EventStore;
import io.eventcore.snapshot.SnapshotStore;
import org.junit.jupiter.api.Nested;
import org.springframework.transaction.PlatformTransactionManager;

/**
 * What snapshots of commands promise: they save folding and change nothing else.
 *
 * <p>The rows are grouped by theme, one class for each, and run as nested tests of this class.
 *
 * @since 0.1
 */
public abstract class CommandSnapshotContract {
    /** For subclasses. */
    protected CommandSnapshotContract() {}

    /** A store without events that knows {@link LedgerEvent#types()}, fresh for each test. */
    protected abstract EventStore emptyStore();

    /** A store without snapshots for the store of {@link #emptyStore()}; called after that method. */
    protected abstract SnapshotStore emptySnapshotStore();

    /** Manages the transactions that appends to the store of {@link #emptyStore()} join; called after that method. */
    protected abstract PlatformTransactionManager transactionManager();

    @Nested
    class Continuation extends SnapshotContinuationContract {
        @Override
        CommandSnapshotContract contract() {
            return CommandSnapshotContract.this;
        }
    }

    @Nested
    class Replays extends SnapshotReplayContract {
        @Override
        CommandSnapshotContract contract() {
            return CommandSnapshotContract.this;
        }
    }
}
