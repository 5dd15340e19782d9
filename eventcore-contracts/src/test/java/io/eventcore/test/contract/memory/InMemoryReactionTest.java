package io.eventcore.test.contract.memory;

import io.eventcore.EventStore;
import io.eventcore.command.ExecutedCommands;
import io.eventcore.memory.InMemoryExecutedCommands;
import io.eventcore.memory.InMemoryProjectionStore;
import io.eventcore.projection.AppendSignal;
import io.eventcore.projection.ProjectionStore;
import io.eventcore.test.contract.ReactionContract;

class InMemoryReactionTest extends ReactionContract {
    @Override
    protected EventStore emptyStore(AppendSignal appendSignal) {
        return InMemoryLedger.store(appendSignal);
    }

    @Override
    protected ProjectionStore projectionStore() {
        return new InMemoryProjectionStore();
    }

    @Override
    protected ExecutedCommands executedCommands() {
        return new InMemoryExecutedCommands();
    }
}
