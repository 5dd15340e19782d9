package io.eventcore.jdbc;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;

/**
 * A node of a Galera cluster. The other nodes hear of a transaction at its commit, and only what rows it has written: of two that
 * have written one row the second fails. Of locks they hear nothing.
 *
 * <p>Every append with events writes the row that gives positions away, so of two on different nodes one fails if neither has seen the
 * other, whatever they rely on. One without events writes what it relies on, and leaves it as it was.
 */
final class GaleraEventWrites extends MariaDbEventWrites {
    private final String movePositions;

    GaleraEventWrites(TableNames names) {
        super(names);
        this.movePositions = names.in("UPDATE eventcore_position SET position = position + ? WHERE id = 1");
    }

    /** Twice, since a row that is written as it was is not written at all. */
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
