package io.eventcore.test.contract;

import io.eventcore.EventStore;
import io.eventcore.command.ExecutedCommands;
import io.eventcore.projection.AppendSignal;
import io.eventcore.projection.ProjectionStore;
import org.junit.jupiter.api.Nested;

/**
 * What reactions promise over a store of events, a store of checkpoints and a memory of executed commands: every event
 * is answered, and every command of an answer is executed once.
 *
 * <p>The rows are grouped by theme, one class for each, and run as nested tests of this class.
 *
 * @since 0.1
 */
public abstract class ReactionContract {
    /** For subclasses. */
    protected ReactionContract() {}

    /** A store without events that knows {@link LedgerEvent#types()} and reports its commits to this signal. */
    protected abstract EventStore emptyStore(AppendSignal appendSignal);

    /** An empty store of checkpoints in the same place; called after {@link #emptyStore}. */
    protected abstract ProjectionStore projectionStore();

    /** The memory of executed commands for that store; called after {@link #emptyStore}. */
    protected abstract ExecutedCommands executedCommands();

    @Nested
    class Answers extends ReactionAnswersContract {
        @Override
        ReactionContract contract() {
            return ReactionContract.this;
        }
    }

    @Nested
    class Crashes extends ReactionCrashesContract {
        @Override
        ReactionContract contract() {
            return ReactionContract.this;
        }
    }
}
