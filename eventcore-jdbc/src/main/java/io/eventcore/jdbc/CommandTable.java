package io.eventcore.jdbc;

import io.eventcore.command.CommandId;
import io.eventcore.command.ExecutedCommands.ExecutedCommand;
import io.eventcore.command.ExecutionResult;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The rows of executed commands. */
final class CommandTable {
    private final SqlErrors errors;
    private final SqlTypes types;
    private final String insert;
    private final String select;
    private final String selectLocked;
    private final String update;
    private final String delete;

    CommandTable(TableNames names, SqlExpressions expressions, SqlTypes types, SqlErrors errors) {
        this.types = types;
        this.errors = errors;
        this.insert = names.in("""
                INSERT INTO eventcore_command (scope, command_id, fingerprint, recorded_at)
                VALUES (?, ?, ?, %s)%s
                """.formatted(expressions.currentTime(), expressions.unlessThere()));
        this.select = names.in("""
                SELECT fingerprint, result FROM eventcore_command WHERE scope = ? AND command_id = ?%s
                """.formatted(expressions.andNotFromCache()));
        this.selectLocked = select + " FOR UPDATE";
        this.update = names.in("UPDATE eventcore_command SET result = %s WHERE scope = ? AND command_id = ?"
                .formatted(expressions.jsonParameter()));
        this.delete = names.in("DELETE FROM eventcore_command WHERE scope = ? AND command_id = ?");
    }

    /**
     * Takes the id of a command. Waits for another transaction that has taken the id and not ended. The transaction of
     * the connection can continue, whatever the answer.
     *
     * @return whether the id was free
     */
    boolean insert(Connection connection, CommandId id, String fingerprint) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(insert)) {
            bind(statement, 1, id);
            statement.setString(3, fingerprint);
            return statement.executeUpdate() == 1;
        } catch (SQLException e) {
            if (errors.classify(e) == Failure.DUPLICATE) {
                return false;
            }
            throw e;
        }
    }

    /** What was executed under an id; empty until the transaction that has taken the id has completed it. */
    Optional<ExecutedCommand> find(Connection connection, CommandId id) throws SQLException {
        return query(connection, select, id);
    }

    /** The same with a lock: reads the current row, whatever the isolation of the caller's transaction. */
    Optional<ExecutedCommand> findLocked(Connection connection, CommandId id) throws SQLException {
        return query(connection, selectLocked, id);
    }

    private Optional<ExecutedCommand> query(Connection connection, String sql, CommandId id) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            bind(statement, 1, id);
            try (ResultSet row = statement.executeQuery()) {
                if (!row.next()) {
                    return Optional.empty();
                }
                byte @Nullable [] result = types.utf8OrNull(row, 2);
                return result == null
                        ? Optional.empty()
                        : Optional.of(new ExecutedCommand(row.getString(1), ResultJson.read(result)));
            }
        }
    }

    /** Stores the result of a command whose id this transaction has inserted. */
    void complete(Connection connection, CommandId id, ExecutionResult result) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(update)) {
            statement.setString(1, ResultJson.write(result));
            bind(statement, 2, id);
            statement.executeUpdate();
        }
    }

    void delete(Connection connection, CommandId id) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(delete)) {
            bind(statement, 1, id);
            statement.executeUpdate();
        }
    }

    private static void bind(PreparedStatement statement, int first, CommandId id) throws SQLException {
        statement.setString(first, id.scope());
        statement.setString(first + 1, id.value());
    }
}
