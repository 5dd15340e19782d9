package io.eventcore.jdbc;

import io.eventcore.CommandOutcomeUnknownException;
import io.eventcore.EventStoreException;
import io.eventcore.EventStoreUnavailableException;
import io.eventcore.TransientEventStoreException;
import io.eventcore.command.CommandId;
import io.eventcore.command.ExecutedCommands;
import io.eventcore.command.ExecutionResult;
import io.eventcore.internal.OwnThreads;
import io.eventcore.transaction.TransactionPhase;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.jdbc.datasource.DelegatingDataSource;
import org.springframework.transaction.CannotCreateTransactionException;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.TransactionSystemException;
import org.springframework.transaction.support.TransactionSynchronizationManager;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Stores executed commands in the tables of a {@link JdbcEventStore}, in the transaction that appends their events.
 * Provided by {@link JdbcDatabase}.
 *
 * <p>Without a transaction of the caller, a command with an id runs in its own transaction, which is not part of group
 * commit: that costs two more statements, and a commit for each command. Safe for any number of threads and processes.
 *
 * @since 0.1
 */
public class JdbcExecutedCommands implements ExecutedCommands {
    private static final Logger LOG = LoggerFactory.getLogger(JdbcExecutedCommands.class);

    private final Connections connections;
    private final Dialect dialect;
    private final ConnectionShare share;
    private final TransactionTemplate ownTransaction;
    private final CommandTable table;

    JdbcExecutedCommands(Connections connections, Dialect dialect, ConnectionShare share) {
        this.connections = connections;
        this.dialect = dialect;
        this.table = dialect.commands();
        this.share = share;
        // By a key of its own: under that of the pool, the connection of a finished transaction may still be bound.
        DataSourceTransactionManager manager =
                new DataSourceTransactionManager(new DelegatingDataSource(connections.ownDataSource()));
        manager.setTransactionExecutionListeners(List.of(TransactionPhase.listener()));
        this.ownTransaction = new TransactionTemplate(manager);
        ownTransaction.setPropagationBehavior(TransactionDefinition.PROPAGATION_REQUIRES_NEW);
        ownTransaction.setIsolationLevel(TransactionDefinition.ISOLATION_READ_COMMITTED);
    }

    @Override
    public Optional<ExecutedCommand> find(CommandId id) {
        try {
            return connections.joinOrOwn(connection -> table.find(connection, id));
        } catch (SQLException e) {
            throw failed(e);
        }
    }

    @Override
    public ExecutedCommand executeOnce(CommandId id, String fingerprint, Supplier<ExecutionResult> execution) {
        Optional<CallersConnection> callers = connections.callersConnection();
        if (callers.isPresent() && TransactionSynchronizationManager.isCurrentTransactionReadOnly()) {
            throw EventStoreUnavailableException.inReadOnlyTransaction();
        }
        return callers.isPresent()
                ? executeJoined(callers.get(), id, fingerprint, execution)
                : executeAlone(id, fingerprint, execution);
    }

    /**
     * Executes in a transaction of its own, which holds a connection. It may wait there for a stream or for the id only if it
     * has part in the share of those that wait; else it waits for a moment only, ends, and begins again.
     */
    private ExecutedCommand executeAlone(CommandId id, String fingerprint, Supplier<ExecutionResult> execution) {
        Attempt attempt = new Attempt(id, fingerprint, execution);
        boolean mayWait = share.tryBegin();
        Optional<ExecutedCommand> executed = mayWait ? Optional.empty() : attempt.withoutWaiting();
        try {
            long begin = System.nanoTime();
            Optional<Duration> patience = Optional.empty();
            boolean asked = false;
            while (!mayWait && executed.isEmpty()) {
                mayWait = share.tryBeginBeforeNextLook();
                if (!mayWait) {
                    executed = share.look(attempt::withoutWaiting, Optional::isEmpty);
                    if (executed.isEmpty()) {
                        if (!asked) {
                            patience = DirectAppends.lockTimeout(dialect, connections);
                            asked = true;
                        }
                        // Only now: a look that was not in vain has executed the command, however long it took.
                        checkPatience(id, patience, System.nanoTime() - begin);
                    }
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new TransientEventStoreException(
                    "The thread was interrupted while command '" + id
                            + "' waited for what another transaction has locked;" + " nothing was stored",
                    e);
        }
        if (!mayWait) {
            return executed.orElseThrow();
        }
        try {
            return attempt.waiting();
        } finally {
            share.end();
        }
    }

    private static void checkPatience(CommandId id, Optional<Duration> patience, long nanos) {
        if (patience.isPresent() && nanos > patience.get().toNanos()) {
            throw new TransientEventStoreException(
                    "Another transaction has kept what command '%s' needs locked for longer than the lock time-out of the session, %s; nothing was stored"
                            .formatted(id, patience.get()),
                    null);
        }
    }

    /** An execution in a transaction of its own, which may have to be repeated. */
    private final class Attempt {
        private final CommandId id;
        private final String fingerprint;
        private final Supplier<ExecutionResult> execution;

        Attempt(CommandId id, String fingerprint, Supplier<ExecutionResult> execution) {
            this.id = id;
            this.fingerprint = fingerprint;
            this.execution = execution;
        }

        ExecutedCommand waiting() {
            return inTransactionOfItsOwn(id, fingerprint, () -> executeJoined(own(), id, fingerprint, execution));
        }

        /** Empty if another transaction has locked what is needed. */
        Optional<ExecutedCommand> withoutWaiting() {
            try {
                return Optional.of(inTransactionOfItsOwn(id, fingerprint, () -> {
                    CallersConnection connection = own();
                    LockTimeouts.Restore before =
                            on(connection, dialect.engine().lockTimeouts()::shorten);
                    try {
                        return executeJoined(connection, id, fingerprint, execution);
                    } finally {
                        on(connection, c -> restore(c, before));
                    }
                }));
            } catch (TransientEventStoreException e) {
                if (e.getCause() instanceof SQLException cause && dialect.classify(cause) == Failure.TIMED_OUT) {
                    LOG.debug("Command '{}' waits for what another transaction has locked", id);
                    return Optional.empty();
                }
                throw e;
            }
        }

        /** A session that cannot be reset must not be reused; the earlier failure is the one to report. */
        private static boolean restore(Connection connection, LockTimeouts.Restore before) throws SQLException {
            try {
                before.restore();
                return true;
            } catch (SQLException e) {
                LOG.debug(
                        "The lock time-out of a session could not be reset; closing the session",
                        OwnThreads.redacted(e));
                connection.abort(Runnable::run);
                return false;
            }
        }
    }

    private ExecutedCommand inTransactionOfItsOwn(
            CommandId id, String fingerprint, Supplier<ExecutedCommand> execution) {
        try {
            return inOwnTransaction(execution);
        } catch (CannotCreateTransactionException e) {
            throw Connections.noConnection(e);
        } catch (TransactionSystemException e) {
            if (e.getApplicationException() instanceof RuntimeException failure) {
                // The rollback failed as well, which tells nothing new.
                throw failure;
            }
            SQLException cause = Failure.inDoubt(
                    e.getCause() instanceof SQLException reported ? reported : new SQLException("commit failed", e));
            if (dialect.classify(cause) == Failure.CONNECTION_LOST) {
                return settle(id, fingerprint, cause);
            }
            throw failed(cause);
        }
    }

    private ExecutedCommand executeJoined(
            CallersConnection connection, CommandId id, String fingerprint, Supplier<ExecutionResult> execution) {
        Optional<ExecutedCommand> earlier = on(connection, c -> take(c, id, fingerprint));
        if (earlier.isPresent()) {
            return earlier.get();
        }
        ExecutionResult result;
        try {
            result = execution.get();
        } catch (RuntimeException | Error e) {
            giveBack(connection, id, e);
            throw e;
        }
        return completed(connection, id, new ExecutedCommand(fingerprint, result));
    }

    /**
     * Claims the id. Waits for another transaction that has claimed it and not ended yet.
     *
     * @return empty if the id was free and is ours now; else what was executed under it
     */
    private Optional<ExecutedCommand> take(Connection connection, CommandId id, String fingerprint)
            throws SQLException {
        if (table.insert(connection, id, fingerprint)) {
            return Optional.empty();
        }
        return Optional.of(table.findLocked(connection, id)
                .orElseThrow(() -> new TransientEventStoreException(
                        "Command id '" + id + "' was claimed and released at the same moment", null)));
    }

    /**
     * Frees the id after a failure: after a conflict the caller's transaction goes on, and must not commit that a command
     * was executed which was not.
     */
    private void giveBack(CallersConnection connection, CommandId id, Throwable failure) {
        try {
            connection.run(c -> {
                table.delete(c, id);
                return id;
            });
        } catch (SQLException e) {
            // The transaction can only roll back now, which frees the id as well.
            failure.addSuppressed(e);
        }
    }

    private ExecutedCommand completed(CallersConnection connection, CommandId id, ExecutedCommand executed) {
        try {
            return connection.write(
                    c -> {
                        table.complete(c, id, executed.result());
                        return executed;
                    },
                    done -> dialect.marks().of(id));
        } catch (SQLException e) {
            throw failed(e);
        }
    }

    /**
     * Finds out the outcome of an execution whose connection was lost at the commit. Claiming the id again waits for
     * the old session, which may still be at work: then either its result is there, or there will be none.
     *
     * <p>On another node of a cluster it does not wait. So the id is given back in the same transaction, and that is
     * committed: both have written one row, and the old session, which had before, is refused if it comes second.
     */
    private ExecutedCommand settle(CommandId id, String fingerprint, SQLException cause) {
        LOG.warn("The connection was lost during the commit of a command with an id; finding out its outcome");
        for (long delay : OwnAppends.SETTLE_AFTER_MILLIS) {
            if (!pause(delay)) {
                break;
            }
            Optional<ExecutedCommand> earlier;
            try {
                earlier = takeAndGiveBack(id, fingerprint);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                break;
            } catch (CannotCreateTransactionException | TransactionSystemException | EventStoreException e) {
                cause.addSuppressed(e);
                continue;
            }
            return earlier.orElseThrow(() -> new TransientEventStoreException(
                    "The connection was lost during the commit of a command; the command was not committed", cause));
        }
        throw new CommandOutcomeUnknownException(id.toString(), cause);
    }

    private Optional<ExecutedCommand> takeAndGiveBack(CommandId id, String fingerprint) throws InterruptedException {
        share.beginSettling();
        try {
            return Objects.requireNonNull(ownTransaction.execute(status -> on(own(), connection -> {
                Optional<ExecutedCommand> earlier = take(connection, id, fingerprint);
                if (earlier.isEmpty()) {
                    table.delete(connection, id);
                }
                return earlier;
            })));
        } finally {
            share.endSettling();
        }
    }

    private static boolean pause(long millis) {
        try {
            Thread.sleep(millis);
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private <T> T inOwnTransaction(Supplier<T> action) {
        return Objects.requireNonNull(ownTransaction.execute(status -> action.get()));
    }

    private CallersConnection own() {
        return connections
                .callersConnection()
                .orElseThrow(() -> new IllegalStateException("The transaction just begun holds no connection"));
    }

    private <T> T on(CallersConnection connection, Connections.Work<T> work) {
        try {
            return connection.run(work);
        } catch (SQLException e) {
            throw failed(e);
        }
    }

    private EventStoreException failed(SQLException e) {
        return dialect.classify(e).toException("Storing a command id", e);
    }
}
