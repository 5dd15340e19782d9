package io.eventcore.jdbc;

import io.eventcore.EventStore;
import io.eventcore.command.ExecutedCommands;
import io.eventcore.projection.AppendSignal;
import io.eventcore.projection.ProjectionStore;
import io.eventcore.test.contract.ReactionContract;

class H2ReactionTest extends ReactionContract {
    private final String prefix = H2Database.INSTANCE.newTables();

    @Override
    protected EventStore emptyStore(AppendSignal appendSignal) {
        return H2Database.INSTANCE.store(prefix, appendSignal);
    }

    @Override
    protected ProjectionStore projectionStore() {
        return H2Database.INSTANCE.projectionStore(prefix);
    }

    @Override
    protected ExecutedCommands executedCommands() {
        return TestDatabase.jdbc(H2Database.INSTANCE.dataSource(), prefix).executedCommands();
    }
}
