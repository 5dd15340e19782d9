package io.eventcore.jdbc;

import java.sql.SQLException;
import java.util.List;
import java.util.Optional;

/** Statements on connections of our own, each committed on its own, whatever transaction the calling thread is in. */
final class OwnStatements {
    private final Connections connections;
    private final SqlErrors errors;

    OwnStatements(Connections connections, SqlErrors errors) {
        this.connections = connections;
        this.errors = errors;
    }

    /**
     * Several statements on one connection in auto-commit mode.
     *
     * @param action what is done, as a noun, for the message if it fails
     */
    <T> T run(String action, Connections.Work<T> work) {
        try {
            return connections.own(work);
        } catch (SQLException e) {
            throw errors.failed(action, e);
        }
    }

    /** As {@link Statements#update}. */
    int update(String action, String sql, Object... values) {
        return run(action, connection -> Statements.update(connection, sql, values));
    }

    /** As {@link Statements#list}. */
    <T> List<T> list(String action, String sql, Statements.Row<T> row, Object... values) {
        return run(action, connection -> Statements.list(connection, sql, row, values));
    }

    /** What the first row of a result holds; empty if there is no row. */
    <T> Optional<T> first(String action, String sql, Statements.Row<T> row, Object... values) {
        return list(action, sql, row, values).stream().findFirst();
    }
}
