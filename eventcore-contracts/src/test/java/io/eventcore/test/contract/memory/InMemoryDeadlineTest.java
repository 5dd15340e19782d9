package io.eventcore.test.contract.memory;

import io.eventcore.EventStore;
import io.eventcore.command.ExecutedCommands;
import io.eventcore.memory.InMemoryExecutedCommands;
import io.eventcore.memory.InMemoryProjectionStore;
import io.eventcore.projection.AppendSignal;
import io.eventcore.projection.ProjectionStore;
import io.eventcore.test.contract.DeadlineContract;
import java.time.Duration;
import java.util.function.Supplier;

class InMemoryDeadlineTest extends DeadlineContract {
    @Override
    protected EventStore emptyStore(AppendSignal appendSignal) {
        return InMemoryLedger.store(appendSignal);
    }

    @Override
    protected ProjectionStore projectionStore(Supplier<Duration> shift) {
        return new InMemoryProjectionStore(System::nanoTime, new ShiftedClock(shift));
    }

    @Override
    protected ExecutedCommands executedCommands() {
        return new InMemoryExecutedCommands();
    }
}
