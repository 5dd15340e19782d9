package io.eventcore.test.contract;

import io.eventcore.EventStore;
import io.eventcore.command.ExecutedCommands;
import org.junit.jupiter.api.Nested;
import org.springframework.transaction.PlatformTransactionManager;

/**
 * What is promised about a command that is given an id: it is executed once.
 *
 * <p>Its rows stand in a class for each theme and run as nested tests of this one.
 *
 * @since 0.1
 */
public abstract class ExecutedCommandsContract {
    /** For subclasses. */
    protected ExecutedCommandsContract() {}

    /** A store without events that knows {@link LedgerEvent#types()}, fresh for each test. */
    protected abstract EventStore emptyStore();

    /** What remembers the commands on the store of {@link #emptyStore()}; asked after that. */
    protected abstract ExecutedCommands executedCommands();

    /** The store of {@link #emptyStore()} as another process of the application has it; the same object if it cannot. */
    protected abstract EventStore storeElsewhere();

    /** {@link #executedCommands()} as another process of the application has it; the same object if it cannot. */
    protected abstract ExecutedCommands executedCommandsElsewhere();

    /**
     * Manages the transactions that appends to the store of {@link #emptyStore()} join; asked after that. It can set
     * savepoints. Where a transaction of its has a time-out, no wait for a lock lasts longer.
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
