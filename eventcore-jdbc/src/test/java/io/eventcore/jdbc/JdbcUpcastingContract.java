package io.eventcore.jdbc;

import io.eventcore.EventStore;
import io.eventcore.command.ExecutedCommands;
import io.eventcore.projection.AppendSignal;
import io.eventcore.projection.ProjectionStore;
import io.eventcore.serialization.EventSerializer;
import io.eventcore.snapshot.SnapshotStore;
import io.eventcore.test.contract.AppliedEvents;
import io.eventcore.test.contract.UpcastingContract;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.PlatformTransactionManager;

/** Events in earlier shapes, in a database. */
abstract class JdbcUpcastingContract extends UpcastingContract {
    private final TestDatabase database;
    private String prefix = "";

    JdbcUpcastingContract(TestDatabase database) {
        this.database = database;
    }

    private JdbcDatabase jdbc() {
        return TestDatabase.jdbc(database.dataSource(), prefix);
    }

    @Override
    protected EventStore emptyStore(EventSerializer serializer, AppendSignal appendSignal) {
        prefix = database.newTables();
        return jdbc().eventStoreBuilder(serializer).appendListener(appendSignal).build();
    }

    @Override
    protected ProjectionStore projectionStore() {
        return jdbc().projectionStore();
    }

    @Override
    protected AppliedEvents appliedEvents() {
        return new JdbcAppliedEvents(database, prefix);
    }

    @Override
    protected ExecutedCommands executedCommands() {
        return jdbc().executedCommands();
    }

    @Override
    protected SnapshotStore snapshotStore() {
        return jdbc().snapshotStore();
    }

    @Override
    protected PlatformTransactionManager transactionManager() {
        return new JdbcTransactionManager(database.dataSource());
    }
}
