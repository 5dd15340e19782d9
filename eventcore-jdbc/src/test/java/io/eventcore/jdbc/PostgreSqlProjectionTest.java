package io.eventcore.jdbc;

import io.eventcore.EventStore;
import io.eventcore.projection.AppendSignal;
import io.eventcore.projection.ProjectionStore;
import io.eventcore.test.contract.AppliedEvents;
import io.eventcore.test.contract.ProjectionFaultsContract;
import io.eventcore.test.contract.ProjectionRunnerContract;
import io.eventcore.test.contract.ProjectionStoreContract;
import org.junit.jupiter.api.Nested;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.PlatformTransactionManager;

class PostgreSqlProjectionTest {
    private static final TestDatabase DATABASE = PostgreSqlDatabase.INSTANCE;

    @Nested
    class Leases_and_checkpoints extends ProjectionStoreContract {
        @Override
        protected ProjectionStore emptyStore() {
            return DATABASE.projectionStore(DATABASE.newTables());
        }

        @Override
        protected PlatformTransactionManager transactionManager() {
            return new JdbcTransactionManager(DATABASE.dataSource());
        }
    }

    @Nested
    class Running_projections extends ProjectionRunnerContract {
        private String prefix = "";

        @Override
        protected EventStore emptyStore(AppendSignal appendSignal) {
            prefix = DATABASE.newTables();
            return DATABASE.store(prefix, appendSignal);
        }

        @Override
        protected ProjectionStore projectionStore() {
            return DATABASE.projectionStore(prefix);
        }

        @Override
        protected AppliedEvents appliedEvents() {
            return new JdbcAppliedEvents(DATABASE, prefix);
        }

        @Override
        protected PlatformTransactionManager transactionManager() {
            return new JdbcTransactionManager(DATABASE.dataSource());
        }
    }

    @Nested
    class Faults_of_projections extends ProjectionFaultsContract {
        private String prefix = "";

        @Override
        protected EventStore emptyStore(AppendSignal appendSignal) {
            prefix = DATABASE.newTables();
            return DATABASE.store(prefix, appendSignal);
        }

        @Override
        protected ProjectionStore projectionStore() {
            return DATABASE.projectionStore(prefix);
        }

        @Override
        protected AppliedEvents appliedEvents() {
            return new JdbcAppliedEvents(DATABASE, prefix);
        }

        @Override
        protected PlatformTransactionManager transactionManager() {
            return new JdbcTransactionManager(DATABASE.dataSource());
        }
    }
}
