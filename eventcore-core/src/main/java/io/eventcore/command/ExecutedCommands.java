package io.eventcore.command;

import java.util.Optional;
import java.util.function.Supplier;

/**
 * Stores which commands were executed under an id, and with which result, so that each is executed once.
 *
 * <p>An entry becomes visible in the same transaction as the events of the command, or not at all. It is kept until the
 * application deletes it: after that, a repetition is a new command. Safe for any number of threads and processes.
 *
 * @since 0.1
 */
public interface ExecutedCommands {
    /**
     * The result of an earlier execution under this id.
     *
     * @return the result that is committed, or that the caller's own transaction has stored; empty if there was no
     *     execution, or it has not ended
     * @throws io.eventcore.TransientEventStoreException if the same call may succeed
     * @throws io.eventcore.EventStoreUnavailableException if the store cannot be reached
     */
    Optional<ExecutedCommand> find(CommandId id);

    /**
     * Executes a command under an id, unless a command was executed under it before.
     *
     * <p>The execution claims the id first. Of several executions that claim it at the same time, one continues and the
     * others wait for its transaction to end. If that commits, they return its result; if it rolls back, one of them
     * continues. The execution joins the caller's transaction if there is one, which can continue whichever execution
     * was first. Otherwise it runs in a transaction of its own, which the append joins. If the execution fails, the id
     * is free again.
     *
     * @param fingerprint distinguishes the command from others
     * @param execution appends the events; called at most once
     * @return the command that was executed under the id, now or before
     * @throws io.eventcore.TransientEventStoreException if nothing was stored and repeating the transaction may succeed
     * @throws io.eventcore.EventStoreUnavailableException if the store cannot be reached
     * @throws RuntimeException whatever the execution throws
     */
    ExecutedCommand executeOnce(CommandId id, String fingerprint, Supplier<ExecutionResult> execution);

    /**
     * A command that was executed under an id.
     *
     * @param fingerprint identifies the command
     * @param result its result
     * @since 0.1
     */
    record ExecutedCommand(String fingerprint, ExecutionResult result) {}
}
