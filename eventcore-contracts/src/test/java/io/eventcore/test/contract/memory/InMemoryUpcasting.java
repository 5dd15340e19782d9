package io.eventcore.test.contract.memory;

import io.eventcore.AppendLimits;
import io.eventcore.EventStore;
import io.eventcore.command.ExecutedCommands;
import io.eventcore.memory.InMemoryEventStore;
import io.eventcore.memory.InMemoryExecutedCommands;
import io.eventcore.memory.InMemoryProjectionStore;
import io.eventcore.memory.InMemorySnapshotStore;
import io.eventcore.memory.InMemoryTransactionManager;
import io.eventcore.projection.AppendSignal;
import io.eventcore.projection.ProjectionStore;
import io.eventcore.serialization.EventSerializer;
import io.eventcore.snapshot.SnapshotStore;
import io.eventcore.test.contract.AppliedEvents;
import io.eventcore.test.contract.UpcastingContract;
import java.time.Clock;
import org.springframework.transaction.PlatformTransactionManager;

/** The stores in memory, for the events of a shop. */
public abstract class InMemoryUpcasting extends UpcastingContract {
    @Override
    protected EventStore emptyStore(EventSerializer serializer, AppendSignal appendSignal) {
        return new InMemoryEventStore(serializer, AppendLimits.defaults(), Clock.systemUTC(), appendSignal);
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
    protected ExecutedCommands executedCommands() {
        return new InMemoryExecutedCommands();
    }

    @Override
    protected SnapshotStore snapshotStore() {
        return new InMemorySnapshotStore();
    }

    @Override
    protected PlatformTransactionManager transactionManager() {
        return new InMemoryTransactionManager();
    }
}
