package io.eventcore.jdbc;

import io.eventcore.EventStore;
import io.eventcore.command.ExecutedCommands;
import io.eventcore.projection.AppendSignal;
import io.eventcore.projection.ProjectionStore;
import io.eventcore.test.contract.ReactionContract;
import org.junit.jupiter.api.Tag;

@Tag("mariadb")
class MariaDbReactionTest extends ReactionContract {
    private final String prefix = MariaDbDatabase.INSTANCE.newTables();

    @Override
    protected EventStore emptyStore(AppendSignal appendSignal) {
        return MariaDbDatabase.INSTANCE.store(prefix, appendSignal);
    }

    @Override
    protected ProjectionStore projectionStore() {
        return MariaDbDatabase.INSTANCE.projectionStore(prefix);
    }

    @Override
    protected ExecutedCommands executedCommands() {
        return TestDatabase.jdbc(MariaDbDatabase.INSTANCE.dataSource(), prefix).executedCommands();
    }
}
