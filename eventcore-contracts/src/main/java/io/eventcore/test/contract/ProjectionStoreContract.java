package io.eventcore.test.contract;

import io.eventcore.projection.ProjectionStore;
import org.junit.jupiter.api.Nested;
import org.springframework.transaction.PlatformTransactionManager;

/**
 * What a store of leases and checkpoints promises.
 *
 * <p>The rows are grouped by theme, one class for each, and run as nested tests of this class.
 *
 * @since 0.1
 */
public abstract class ProjectionStoreContract {
    /** For subclasses. */
    protected ProjectionStoreContract() {}

    /** A store that knows no projection, fresh for each test. */
    protected abstract ProjectionStore emptyStore();

    /** Manages the transactions that the store joins; called after {@link #emptyStore()}. */
    protected abstract PlatformTransactionManager transactionManager();

    @Nested
    class Partitions extends ProjectionPartitionsContract {
        @Override
        ProjectionStoreContract contract() {
            return ProjectionStoreContract.this;
        }
    }

    @Nested
    class Activation extends ProjectionActivationContract {
        @Override
        ProjectionStoreContract contract() {
            return ProjectionStoreContract.this;
        }
    }

    @Nested
    class Leases extends ProjectionLeasesContract {
        @Override
        ProjectionStoreContract contract() {
            return ProjectionStoreContract.this;
        }
    }

    @Nested
    class Checkpoints extends ProjectionCheckpointsContract {
        @Override
        ProjectionStoreContract contract() {
            return ProjectionStoreContract.this;
        }
    }

    @Nested
    class Parked_streams extends ParkedStreamsContract {
        @Override
        ProjectionStoreContract contract() {
            return ProjectionStoreContract.this;
        }
    }

    @Nested
    class Deadlines extends ProjectionDeadlinesContract {
        @Override
        ProjectionStoreContract contract() {
            return ProjectionStoreContract.this;
        }
    }
}
