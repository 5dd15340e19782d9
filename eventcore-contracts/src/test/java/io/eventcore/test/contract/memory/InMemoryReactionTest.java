package io.eventcore.test.contract.memory;

import io.eventcore.AppendLimits;
import io.eventcore.EventStore;
import io.eventcore.command.ExecutedCommands;
import io.eventcore.memory.InMemoryEventStore;
import io.eventcore.memory.InMemoryExecutedCommands;
import io.eventcore.memory.InMemoryProjectionStore;
import io.eventcore.projection.AppendSignal;
import io.eventcore.projection.ProjectionStore;
import io.eventcore.serialization.JacksonEventSerializer;
import io.eventcore.test.contract.LedgerEvent;
import io.eventcore.test.contract.ReactionContract;
import java.time.Clock;

class InMemoryReactionTest extends ReactionContract {
    @Override
    protected EventStore emptyStore(AppendSignal appendSignal) {
        return new InMemoryEventStore(
                new JacksonEventSerializer(LedgerEvent.types()),
                AppendLimits.defaults(),
                Clock.systemUTC(),
                appendSignal);
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
