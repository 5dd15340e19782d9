package io.eventcore.test.contract;

import io.eventcore.EventStore;
import io.eventcore.snapshot.SnapshotStore;
import org.junit.jupiter.api.Nested;
import org.springframework.transaction.PlatformTransactionManager;

/**
 * What is promised about snapshots of commands: they save folding and change nothing else.
 *
 * <p>Its rows stand in a class for each theme and run as nested tests of this one.
 *
 * @since 0.1
 */
public abstract class CommandSnapshotContract {
    /** For subclasses. */
    protected CommandSnapshotContract() {}

    /** A store without events that knows {@link LedgerEvent#types()}, fresh for each test. */
    protected abstract EventStore emptyStore();

    /** A store without snapshots beside the store of {@link #emptyStore()}; asked after that. */
    protected abstract SnapshotStore emptySnapshotStore();

    /** Manages the transactions that appends to the store of {@link #emptyStore()} join; asked after that. */
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
