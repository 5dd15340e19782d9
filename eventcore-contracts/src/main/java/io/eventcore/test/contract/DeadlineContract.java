package io.eventcore.test.contract;

import io.eventcore.EventStore;
import io.eventcore.command.ExecutedCommands;
import io.eventcore.projection.AppendSignal;
import io.eventcore.projection.ProjectionStore;
import java.time.Duration;
import java.util.function.Supplier;
import org.junit.jupiter.api.Nested;

/**
 * What deadlines of reactions promise over an event store, a store of checkpoints and a memory of executed commands:
 * none is executed early, and each is executed once or called off.
 *
 * <p>The rows are grouped by theme, one class for each, and run as nested tests of this class.
 *
 * @since 0.1
 */
public abstract class DeadlineContract {
    /** For subclasses. */
    protected DeadlineContract() {}

    /** A store without events that knows {@link LedgerEvent#types()} and reports its commits to this signal. */
    protected abstract EventStore emptyStore(AppendSignal appendSignal);

    /**
     * An empty store of checkpoints in the same place; called after {@link #emptyStore}.
     *
     * @param shift how far the clock by which deadlines fall due is ahead of the clock that records events
     */
    protected abstract ProjectionStore projectionStore(Supplier<Duration> shift);

    /** The memory of executed commands for that store; called after {@link #emptyStore}. */
    protected abstract ExecutedCommands executedCommands();

    @Nested
    class Due extends DueDeadlinesContract {
        @Override
        DeadlineContract contract() {
            return DeadlineContract.this;
        }
    }

    @Nested
    class Called_off extends EndedDeadlinesContract {
        @Override
        DeadlineContract contract() {
            return DeadlineContract.this;
        }
    }

    @Nested
    class Crashes extends DeadlineCrashesContract {
        @Override
        DeadlineContract contract() {
            return DeadlineContract.this;
        }
    }

    @Nested
    class Failures extends FailedDeadlinesContract {
        @Override
        DeadlineContract contract() {
            return DeadlineContract.this;
        }
    }
}
