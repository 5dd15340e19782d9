package io.eventcore.test.contract;

import io.eventcore.EventStore;
import io.eventcore.command.ExecutedCommands;
import org.junit.jupiter.api.Nested;
import org.springframework.transaction.PlatformTransactionManager;

/**
 * What a command with an id promises: it is executed once.
 *
 * <p>The rows are grouped by theme, one class for each, and run as nested tests of this class.
 *
 * @since 0.1
 */
public abstract class ExecutedCommandsContract {
    /** For subclasses. */
    protected ExecutedCommandsContract() {}

    /** A store without events that knows {@link LedgerEvent#types()}, fresh for each test. */
    protected abstract EventStore emptyStore();

    /** The memory of executed commands for the store of {@link #emptyStore()}; called after that method. */
    protected abstract ExecutedCommands executedCommands();

    /**
     * The store of {@link #emptyStore()} as another process of the application has it; the same object if no other
     * process can.
     */
    protected abstract EventStore storeElsewhere();

    /**
     * {@link #executedCommands()} as another process of the application has it; the same object if no other process
     * can.
     */
    protected abstract ExecutedCommands executedCommandsElsewhere();

    /**
     * Manages the transactions that appends to the store of {@link #emptyStore()} join; called after that method. The
     * manager can set savepoints. If one of its transactions has a time-out, no wait for a lock lasts longer.
     */
    protected abstract PlatformTransactionManager transactionManager();

    @Nested
    class Repetitions extends CommandRepetitionContract {
        @Override
        ExecutedCommandsContract contract() {
            return ExecutedCommandsContract.this;
        }
    }

    @Nested
    class Races extends CommandRacesContract {
        @Override
        ExecutedCommandsContract contract() {
            return ExecutedCommandsContract.this;
        }
    }

    @Nested
    class Transactions extends CommandIdsInTransactionsContract {
        @Override
        ExecutedCommandsContract contract() {
            return ExecutedCommandsContract.this;
        }
    }
}
