package io.eventcore.test.contract;

import io.eventcore.EventStore;
import io.eventcore.command.ExecutedCommands;
import io.eventcore.projection.AppendSignal;
import io.eventcore.projection.ProjectionStore;
import java.time.Duration;
import java.util.function.Supplier;
import org.junit.jupiter.api.Nested;

/**
 * What deadlines of reactions promise over a store of events, a store of checkpoints and a memory of executed commands: none
 * is executed early, each is executed once or called off.
 *
 * <p>Its rows stand in a class for each theme and run as nested tests of this one.
 *
 * @since 0.1
 */
public abstract class DeadlineContract {
    /** For subclasses. */
    protected DeadlineContract() {}

    /** A store without events that knows {@link LedgerEvent#types()} and tells this signal of its commits. */
    protected abstract EventStore emptyStore(AppendSignal appendSignal);

    /**
     * A store of checkpoints in the same place, empty; asked after {@link #emptyStore}.
     *
     * @param shift how far the clock that deadlines fall due by is ahead of the one that events are recorded by
     */
    protected abstract ProjectionStore projectionStore(Supplier<Duration> shift);

    /** What remembers the commands on that store; asked after {@link #emptyStore}. */
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
