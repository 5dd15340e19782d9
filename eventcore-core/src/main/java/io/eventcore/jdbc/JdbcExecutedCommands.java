package io.eventcore.jdbc;

import io.eventcore.CommandOutcomeUnknownException;
import io.eventcore.EventStoreException;
import io.eventcore.EventStoreUnavailableException;
import io.eventcore.TransientEventStoreException;
import io.eventcore.command.CommandId;
import io.eventcore.command.ExecutedCommands;
import io.eventcore.command.ExecutionResult;
import io.eventcore.transaction.TransactionPhase;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.transaction.CannotCreateTransactionException;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.TransactionSystemException;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Remembers executed commands in the tables of a {@link JdbcEventStore}, in the transaction that appends their events.
 *
 * <p>Without a transaction of the caller, a command with an id runs in one of its own and does not share it with others,
 * as group commit would: two statements more, and a commit for each. Safe for any number of threads and processes.
 *
 * @since 0.1
 */
public class JdbcExecutedCommands implements ExecutedCommands {
    private static final Logger LOG = LoggerFactory.getLogger(JdbcExecutedCommands.class);

    private final Connections connections;
    private final Dialect dialect;
    private final TransactionTemplate ownTransaction;
    private final String select;
    private final String selectLocked;
    private final String update;
    private final String delete;

    JdbcExecutedCommands(Connections connections, Dialect dialect, TableNames names) {
        this.connections = connections;
        this.dialect = dialect;
        this.select = names.in("""
                SELECT fingerprint, result FROM eventcore_command WHERE scope = ? AND command_id = ?%s
                """.formatted(dialect.andNotFromCache()));
        this.selectLocked = select + " FOR UPDATE";
        this.update = names.in("UPDATE eventcore_command SET result = %s WHERE scope = ? AND command_id = ?"
                .formatted(dialect.jsonParameter()));
        this.delete = names.in("DELETE FROM eventcore_command WHERE scope = ? AND command_id = ?");

        DataSourceTransactionManager manager = new DataSourceTransactionManager(connections.ownDataSource());
        manager.setTransactionExecutionListeners(List.of(TransactionPhase.listener()));
        this.ownTransaction = new TransactionTemplate(manager);
        ownTransaction.setPropagationBehavior(TransactionDefinition.PROPAGATION_REQUIRES_NEW);
        ownTransaction.setIsolationLevel(TransactionDefinition.ISOLATION_READ_COMMITTED);
    }

    /** In the tables with the default names. */
    public static JdbcExecutedCommands in(DataSource dataSource) {
        return in(dataSource, "", TableNames.DEFAULT_PREFIX);
    }

    /**
     * In tables with names of the caller's choice: those of the event store that the commands append to.
     *
     * @param schema the schema of the tables; empty for the one the connections are in
     * @param tablePrefix what the names of the tables begin with
     * @throws IllegalArgumentException if schema or prefix are not acceptable
     * @throws UnsupportedDatabaseException if the database is of a kind that is not supported
     * @throws SchemaException if the tables are missing or of another version
     * @throws EventStoreUnavailableException if the database cannot be reached
     */
    public static JdbcExecutedCommands in(DataSource dataSource, String schema, String tablePrefix) {
        return in(dataSource, schema, tablePrefix, JdbcSchema::check);
    }

    /**
     * As {@link #in(DataSource, String, String)} without a look at the tables: for those that are created later.
     *
     * @param schema the schema of the tables; empty for the one the connections are in
     * @param tablePrefix what the names of the tables begin with
     * @throws IllegalArgumentException if schema or prefix are not acceptable
     * @throws UnsupportedDatabaseException if the database is of a kind that is not supported
     * @throws EventStoreUnavailableException if the database cannot be reached
     */
    public static JdbcExecutedCommands withoutSchemaCheck(DataSource dataSource, String schema, String tablePrefix) {
        return in(dataSource, schema, tablePrefix, JdbcSchema::trust);
    }

    private static JdbcExecutedCommands in(
            DataSource dataSource, String schema, String tablePrefix, Function<JdbcSchema, Dialect> look) {
        TableNames names = new TableNames(schema, tablePrefix);
        Connections connections = new Connections(Objects.requireNonNull(dataSource, "dataSource"));
        return new JdbcExecutedCommands(connections, look.apply(new JdbcSchema(connections, names)), names);
    }

    @Override
    public Optional<ExecutedCommand> find(CommandId id) {
        try {
            return connections.joinOrOwn(connection -> select(connection, select, id));
        } catch (SQLException e) {
            throw failed(e);
        }
    }

    @Override
    public ExecutedCommand executeOnce(CommandId id, String fingerprint, Supplier<ExecutionResult> execution) {
        Optional<CallersConnection> callers = connections.callersConnection();
        return callers.isPresent()
                ? executeJoined(callers.get(), id, fingerprint, execution)
                : executeAlone(id, fingerprint, execution);
    }

    private ExecutedCommand executeAlone(CommandId id, String fingerprint, Supplier<ExecutionResult> execution) {
        try {
            return inOwnTransaction(() -> executeJoined(own(), id, fingerprint, execution));
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
     * Takes the id. Waits for the transaction of whoever has taken it and not ended yet.
     *
     * @return empty if the id was free and is ours now; else what was executed under it
     */
    private Optional<ExecutedCommand> take(Connection connection, CommandId id, String fingerprint)
            throws SQLException {
        if (dialect.insertCommand(connection, id, fingerprint)) {
            return Optional.empty();
        }
        // Locked, so that it is read as it is now, whatever the isolation of the caller's transaction.
        return Optional.of(select(connection, selectLocked, id)
                .orElseThrow(() -> new TransientEventStoreException(
                        "Command id '" + id + "' was taken and given back at the same moment", null)));
    }

    /**
     * Frees the id after a failure: after a conflict the caller's transaction goes on, and must not commit that a command
     * was executed which was not.
     */
    private void giveBack(CallersConnection connection, CommandId id, Throwable failure) {
        try {
            connection.run(c -> {
                try (PreparedStatement statement = c.prepareStatement(delete)) {
                    bind(statement, 1, id);
                    return statement.executeUpdate();
                }
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
                        complete(c, id, executed.result());
                        return executed;
                    },
                    done -> dialect.markOf(id));
        } catch (SQLException e) {
            throw failed(e);
        }
    }

    private void complete(Connection connection, CommandId id, ExecutionResult result) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(update)) {
            statement.setString(1, ResultJson.write(result));
            bind(statement, 2, id);
            statement.executeUpdate();
        }
    }

    private Optional<ExecutedCommand> select(Connection connection, String sql, CommandId id) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            bind(statement, 1, id);
            try (ResultSet row = statement.executeQuery()) {
                if (!row.next()) {
                    return Optional.empty();
                }
                byte @Nullable [] result = dialect.utf8OrNull(row, 2);
                // Without a result while the transaction that has taken the id asks about itself.
                return result == null
                        ? Optional.empty()
                        : Optional.of(new ExecutedCommand(row.getString(1), ResultJson.read(result)));
            }
        }
    }

    private static void bind(PreparedStatement statement, int first, CommandId id) throws SQLException {
        statement.setString(first, id.scope());
        statement.setString(first + 1, id.value());
    }

    /**
     * Finds out how an execution ended whose connection was lost at the commit. To take the id anew waits for the old
     * session, which may still be at work: then either its result is there, or there will be none.
     */
    private ExecutedCommand settle(CommandId id, String fingerprint, SQLException cause) {
        LOG.warn("The connection was lost while a command with an id was committed; finding out how it ended");
        for (long delay : OwnAppends.SETTLE_AFTER_MILLIS) {
            if (!pause(delay)) {
                break;
            }
            Optional<ExecutedCommand> earlier;
            try {
                earlier = ownTransaction.execute(status -> {
                    status.setRollbackOnly();
                    return on(own(), connection -> take(connection, id, fingerprint));
                });
            } catch (CannotCreateTransactionException | TransactionSystemException | EventStoreException e) {
                cause.addSuppressed(e);
                continue;
            }
            return Objects.requireNonNull(earlier)
                    .orElseThrow(() -> new TransientEventStoreException(
                            "The connection was lost while a command was committed; it was not", cause));
        }
        throw new CommandOutcomeUnknownException(id.toString(), cause);
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
        return dialect.classify(e).toException("Remembering a command", e);
    }
}
