package io.eventcore.jdbc;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;

/**
 * Writes on a node of a Galera cluster. The other nodes hear of a transaction at its commit, and only of the rows that
 * it has written: if two transactions have written one row, the second fails. They hear nothing of locks.
 *
 * <p>Every append with events writes the row that hands out positions. So of two on different nodes, one fails if
 * neither has seen the other, whatever they rely on. An append without events writes what it relies on, and leaves it
 * unchanged.
 */
final class GaleraEventWrites extends MariaDbEventWrites {
    private final String movePositions;

    GaleraEventWrites(TableNames names) {
        super(names);
        this.movePositions = names.in("UPDATE eventcore_position SET position = position + ? WHERE id = 1");
    }

    /** Twice, because the server does not write a row whose values stay the same. */
    @Override
    public void keep(Connection connection, List<NewVersion> relied) throws SQLException {
        List<NewVersion> others = relied.stream()
                .map(row -> new NewVersion(row.rowId(), row.key(), row.version() + 1))
                .toList();
        updateVersions(connection, others);
        updateVersions(connection, relied);
    }

    @Override
    public void keepPositions(Connection connection) throws SQLException {
        Statements.update(connection, movePositions, 1L);
        Statements.update(connection, movePositions, -1L);
    }
}
