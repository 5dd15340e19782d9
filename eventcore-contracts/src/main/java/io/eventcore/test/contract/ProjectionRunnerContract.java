package io.eventcore.test.contract;

import io.eventcore.EventStore;
import io.eventcore.projection.AppendSignal;
import io.eventcore.projection.ProjectionStore;
import org.junit.jupiter.api.Nested;
import org.springframework.transaction.PlatformTransactionManager;

/**
 * What a runner of projections promises over a store of events, a store of checkpoints and a transaction manager.
 *
 * <p>The rows are grouped by theme, one class for each, and run as nested tests of this class.
 *
 * @since 0.1
 */
public abstract class ProjectionRunnerContract {
    /** For subclasses. */
    protected ProjectionRunnerContract() {}

    /** A store without events that knows {@link LedgerEvent#types()} and reports its commits to this signal. */
    protected abstract EventStore emptyStore(AppendSignal appendSignal);

    /** An empty store of checkpoints in the same place; called after {@link #emptyStore}. */
    protected abstract ProjectionStore projectionStore();

    /** An empty read model in the same place; called after {@link #emptyStore}. */
    protected abstract AppliedEvents appliedEvents();

    /** Manages the transactions that all of them join; called after {@link #emptyStore}. */
    protected abstract PlatformTransactionManager transactionManager();

    @Nested
    class Delivery extends ProjectionDeliveryContract {
        @Override
        ProjectionRunnerContract contract() {
            return ProjectionRunnerContract.this;
        }
    }

    @Nested
    class Failing_events extends FailingEventsContract {
        @Override
        ProjectionRunnerContract contract() {
            return ProjectionRunnerContract.this;
        }
    }

    @Nested
    class Parked_requests extends ParkedRequestsContract {
        @Override
        ProjectionRunnerContract contract() {
            return ProjectionRunnerContract.this;
        }
    }

    @Nested
    class Ownership extends ProjectionOwnershipContract {
        @Override
        ProjectionRunnerContract contract() {
            return ProjectionRunnerContract.this;
        }
    }

    @Nested
    class Reset extends ProjectionResetContract {
        @Override
        ProjectionRunnerContract contract() {
            return ProjectionRunnerContract.this;
        }
    }

    @Nested
    class Division extends ProjectionDivisionContract {
        @Override
        ProjectionRunnerContract contract() {
            return ProjectionRunnerContract.this;
        }
    }

    @Nested
    class Versions extends ProjectionVersionsContract {
        @Override
        ProjectionRunnerContract contract() {
            return ProjectionRunnerContract.this;
        }
    }

    @Nested
    class Waiting extends PositionAwaitContract {
        @Override
        ProjectionRunnerContract contract() {
            return ProjectionRunnerContract.this;
        }
    }

    @Nested
    class Thrown_errors extends ThrownErrorsContract {
        @Override
        ProjectionRunnerContract contract() {
            return ProjectionRunnerContract.this;
        }
    }

    @Nested
    class Failing_stores extends FailingStoresContract {
        @Override
        ProjectionRunnerContract contract() {
            return ProjectionRunnerContract.this;
        }
    }
}
