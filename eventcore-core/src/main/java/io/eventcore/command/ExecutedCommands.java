package io.eventcore.command;

import java.util.Optional;
import java.util.function.Supplier;

/**
 * Remembers which commands were executed under an id, and how that ended, so that each is executed once.
 *
 * <p>What is remembered becomes visible in one transaction with the events of the command, or not at all. Kept until
 * the application deletes it: after that, a repetition is a new command. Safe for any number of threads and processes.
 *
 * @since 0.1
 */
public interface ExecutedCommands {
    /**
     * How an earlier execution under this id ended.
     *
     * @return what is committed, or done by the caller's own transaction; empty if there was none, or it has not ended
     * @throws io.eventcore.TransientEventStoreException if the same call may succeed
     * @throws io.eventcore.EventStoreUnavailableException if the store cannot be reached
     */
    Optional<ExecutedCommand> find(CommandId id);

    /**
     * Executes a command under an id, unless one was executed under it.
     *
     * <p>The id is taken first; of several who take it at the same time one goes on and the others wait for its
     * transaction to end. If that commits, they are told its result; if it rolls back, one of them goes on. The caller's
     * transaction is joined if there is one, and can go on whichever execution was first; without one, the execution runs in a
     * transaction that an append joins. If the execution fails, the id is free again.
     *
     * @param fingerprint tells one command from another
     * @param execution appends the events; called at most once
     * @return what was executed under the id, now or before
     * @throws io.eventcore.TransientEventStoreException if nothing was stored and repeating the transaction may succeed
     * @throws io.eventcore.EventStoreUnavailableException if the store cannot be reached
     * @throws RuntimeException whatever the execution throws
     */
    ExecutedCommand executeOnce(CommandId id, String fingerprint, Supplier<ExecutionResult> execution);

    /**
     * A command that was executed under an id.
     *
     * @param fingerprint what it was
     * @param result how it ended
     * @since 0.1
     */
    record ExecutedCommand(String fingerprint, ExecutionResult result) {}
}
