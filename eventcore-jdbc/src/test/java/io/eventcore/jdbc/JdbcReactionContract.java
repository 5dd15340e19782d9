package io.eventcore.jdbc;

import io.eventcore.EventStore;
import io.eventcore.command.ExecutedCommands;
import io.eventcore.projection.AppendSignal;
import io.eventcore.projection.ProjectionStore;
import io.eventcore.test.contract.ReactionContract;

/** The contract of reactions, on one database. */
abstract class JdbcReactionContract extends ReactionContract {
    private final TestDatabase database;
    private final String prefix;

    JdbcReactionContract(TestDatabase database) {
        this.database = database;
        this.prefix = database.newTables();
    }

    @Override
    protected EventStore emptyStore(AppendSignal appendSignal) {
        return database.store(prefix, appendSignal);
    }

    @Override
    protected ProjectionStore projectionStore() {
        return database.projectionStore(prefix);
    }

    @Override
    protected ExecutedCommands executedCommands() {
        return TestDatabase.jdbc(database.dataSource(), prefix).executedCommands();
    }
}
