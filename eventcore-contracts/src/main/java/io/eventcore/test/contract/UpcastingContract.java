package io.eventcore.test.contract;

import io.eventcore.EventStore;
import io.eventcore.command.ExecutedCommands;
import io.eventcore.projection.AppendSignal;
import io.eventcore.projection.ProjectionStore;
import io.eventcore.serialization.EventSerializer;
import io.eventcore.snapshot.SnapshotStore;
import org.junit.jupiter.api.Nested;
import org.springframework.transaction.PlatformTransactionManager;

/**
 * What a store promises about events that were stored in earlier shapes: every read returns what the upcasters make of
 * them, and each is handled once. The contract also covers what becomes of events whose type is unknown.
 *
 * <p>The rows are grouped by theme, one class for each, and run as nested tests of this class.
 *
 * @since 0.1
 */
public abstract class UpcastingContract {
    /** For subclasses. */
    protected UpcastingContract() {}

    /** A store without events that writes and reads with this serializer, and reports its commits to this signal. */
    protected abstract EventStore emptyStore(EventSerializer serializer, AppendSignal appendSignal);

    /** An empty store of checkpoints in the same place; called after {@link #emptyStore}. */
    protected abstract ProjectionStore projectionStore();

    /** An empty read model in the same place; called after {@link #emptyStore}. */
    protected abstract AppliedEvents appliedEvents();

    /** The memory of executed commands for that store; called after {@link #emptyStore}. */
    protected abstract ExecutedCommands executedCommands();

    /** A store without snapshots for that store; called after {@link #emptyStore}. */
    protected abstract SnapshotStore snapshotStore();

    /** Manages the transactions that all of them join; called after {@link #emptyStore}. */
    protected abstract PlatformTransactionManager transactionManager();

    @Nested
    class Reading extends UpcastReadsContract {
        @Override
        UpcastingContract contract() {
            return UpcastingContract.this;
        }
    }

    @Nested
    class Projections extends UpcastProjectionsContract {
        @Override
        UpcastingContract contract() {
            return UpcastingContract.this;
        }
    }

    @Nested
    class Reactions extends UpcastReactionsContract {
        @Override
        UpcastingContract contract() {
            return UpcastingContract.this;
        }
    }

    @Nested
    class Commands extends UpcastCommandsContract {
        @Override
        UpcastingContract contract() {
            return UpcastingContract.this;
        }
    }

    @Nested
    class Unknown extends UnknownTypesContract {
        @Override
        UpcastingContract contract() {
            return UpcastingContract.this;
        }
    }
}
