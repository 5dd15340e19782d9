package io.eventcore.test.contract.memory;

import io.eventcore.EventStore;
import io.eventcore.memory.InMemoryProjectionStore;
import io.eventcore.memory.InMemoryTransactionManager;
import io.eventcore.projection.AppendSignal;
import io.eventcore.projection.ProjectionStore;
import io.eventcore.test.contract.AppliedEvents;
import io.eventcore.test.contract.ProjectionRunnerContract;
import io.eventcore.test.contract.ProjectionStoreContract;
import org.junit.jupiter.api.Nested;
import org.springframework.transaction.PlatformTransactionManager;

class InMemoryProjectionTest {
    @Nested
    class Leases_and_checkpoints extends ProjectionStoreContract {
        @Override
        protected ProjectionStore emptyStore() {
            return new InMemoryProjectionStore();
        }

        @Override
        protected PlatformTransactionManager transactionManager() {
            return new InMemoryTransactionManager();
        }
    }

    @Nested
    class Running_projections extends ProjectionRunnerContract {
        @Override
        protected EventStore emptyStore(AppendSignal appendSignal) {
            return InMemoryLedger.store(appendSignal);
        }

        @Override
        protected ProjectionStore projectionStore() {
            return new InMemoryProjectionStore();
        }

        @Override
        protected AppliedEvents appliedEvents() {
            return new TransactionalAppliedEvents();
        }

        @Override
        protected PlatformTransactionManager transactionManager() {
            return new InMemoryTransactionManager();
        }
    }
}
