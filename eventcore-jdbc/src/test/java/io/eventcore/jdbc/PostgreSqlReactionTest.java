package io.eventcore.jdbc;

import io.eventcore.EventStore;
import io.eventcore.command.ExecutedCommands;
import io.eventcore.projection.AppendSignal;
import io.eventcore.projection.ProjectionStore;
import io.eventcore.test.contract.ReactionContract;

class PostgreSqlReactionTest extends ReactionContract {
    private final String prefix = PostgreSqlDatabase.INSTANCE.newTables();

    @Override
    protected EventStore emptyStore(AppendSignal appendSignal) {
        return PostgreSqlDatabase.INSTANCE.store(prefix, appendSignal);
    }

    @Override
    protected ProjectionStore projectionStore() {
        return PostgreSqlDatabase.INSTANCE.projectionStore(prefix);
    }

    @Override
    protected ExecutedCommands executedCommands() {
        return TestDatabase.jdbc(PostgreSqlDatabase.INSTANCE.dataSource(), prefix)
                .executedCommands();
    }
}
