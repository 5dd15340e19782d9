package io.eventcore.jdbc;

import io.eventcore.EventStore;
import io.eventcore.projection.AppendSignal;
import io.eventcore.projection.ProjectionStore;
import io.eventcore.test.contract.AppliedEvents;
import io.eventcore.test.contract.ProjectionRunnerContract;
import io.eventcore.test.contract.ProjectionStoreContract;
import org.junit.jupiter.api.Nested;
import org.springframework.transaction.PlatformTransactionManager;

/** The contracts of projections, on one database. */
abstract class JdbcProjectionContract {
    abstract TestDatabase database();

    @Nested
    class Leases_and_checkpoints extends ProjectionStoreContract {
        @Override
        protected ProjectionStore emptyStore() {
            return database().projectionStore(database().newTables());
        }

        @Override
        protected PlatformTransactionManager transactionManager() {
            return database().transactionManager(database().dataSource());
        }
    }

    @Nested
    class Running_projections extends ProjectionRunnerContract {
        private String prefix = "";

        @Override
        protected EventStore emptyStore(AppendSignal appendSignal) {
            prefix = database().newTables();
            return database().store(prefix, appendSignal);
        }

        @Override
        protected ProjectionStore projectionStore() {
            return database().projectionStore(prefix);
        }

        @Override
        protected AppliedEvents appliedEvents() {
            return new JdbcAppliedEvents(database(), prefix);
        }

        @Override
        protected PlatformTransactionManager transactionManager() {
            return database().transactionManager(database().dataSource());
        }
    }
}
