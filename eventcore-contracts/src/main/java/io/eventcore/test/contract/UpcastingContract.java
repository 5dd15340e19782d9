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
 * What a store promises of events that were stored in earlier shapes: read on any path, they are what the upcasters make of
 * them, and each is dealt with once; and what becomes of those whose type is unknown.
 *
 * <p>Its rows stand in a class for each theme and run as nested tests of this one.
 *
 * @since 0.1
 */
public abstract class UpcastingContract {
    /** For subclasses. */
    protected UpcastingContract() {}

    /** A store without events that writes and reads by this serializer, and tells this signal of its commits. */
    protected abstract EventStore emptyStore(EventSerializer serializer, AppendSignal appendSignal);

    /** A store of checkpoints in the same place, empty; asked after {@link #emptyStore}. */
    protected abstract ProjectionStore projectionStore();

    /** A read model in the same place, empty; asked after {@link #emptyStore}. */
    protected abstract AppliedEvents appliedEvents();

    /** What remembers the commands on that store; asked after {@link #emptyStore}. */
    protected abstract ExecutedCommands executedCommands();

    /** A store without snapshots beside that store; asked after {@link #emptyStore}. */
    protected abstract SnapshotStore snapshotStore();

    /** Manages the transactions that all of them join; asked after {@link #emptyStore}. */
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
