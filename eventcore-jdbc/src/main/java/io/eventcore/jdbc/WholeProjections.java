package io.eventcore.jdbc;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;

/**
 * Changes of all partitions of a projection, in a transaction that has locked all of its rows.
 *
 * <p>A single statement is not enough: it would wait for a transaction that changes the number of partitions, find that
 * the awaited rows are gone, and miss the rows that replace them. A transaction that divides a version again needs all
 * of its rows, so no row is replaced while they are locked.
 */
final class WholeProjections {
    /**
     * How often a change is tried. Each attempt but the last failed because another transaction had changed the number
     * of partitions, or was preferred in a deadlock.
     */
    private static final int ATTEMPTS = 20;

    private static final String STILL_CHANGING = "40001";

    private final OwnStatements statements;
    private final OwnTransactions transactions;
    private final SqlErrors errors;
    private final String lock;
    private final String select;
    private final String touch;

    /** A row, as far as it shows which partitions exist. */
    private record Key(int version, int number, int partitions) {
        static Key of(ResultSet row) throws SQLException {
            return new Key(row.getInt(1), row.getInt(2), row.getInt(3));
        }
    }

    WholeProjections(Dialect dialect, OwnStatements statements) {
        this.statements = statements;
        this.transactions = dialect.transactions();
        this.errors = dialect.engine().errors();
        TableNames names = dialect.names();
        String rows = "SELECT version, number, partitions FROM eventcore_projection WHERE name = ?";
        this.lock = names.in(rows + " ORDER BY version, number FOR UPDATE");
        this.touch = names.in("UPDATE eventcore_projection SET moves = moves + 1 WHERE name = ?");
        this.select = names.in(rows + dialect.expressions().andNotFromCache() + " ORDER BY version, number");
    }

    /** As {@link #change(Connection, String, OwnTransactions.Work)}, on a connection of our own. */
    boolean change(String action, String projection, Connections.Work<Boolean> work) {
        return statements.run(action, connection -> change(connection, projection, () -> work.on(connection)));
    }

    /**
     * Changes a projection as a whole. Without rows there is nothing to lock.
     *
     * @param connection in auto-commit mode
     * @param work the change; it may run again after a rollback
     * @return the result of the work
     */
    boolean change(Connection connection, String projection, OwnTransactions.Work<Boolean> work) throws SQLException {
        for (int attempt = 1; attempt <= ATTEMPTS; attempt++) {
            try {
                Optional<Boolean> answer = transactions.run(
                        connection,
                        () -> holdsAll(connection, projection) ? Optional.of(work.run()) : Optional.empty());
                if (answer.isPresent()) {
                    return answer.get();
                }
            } catch (SQLException e) {
                if (errors.classify(e) != Failure.TRANSIENT || attempt == ATTEMPTS) {
                    throw e;
                }
            }
        }
        throw new SQLException("The partitions of the projection did not stay the same", STILL_CHANGING);
    }

    /**
     * Locks all rows, in their order, and changes each: the other nodes of a cluster hear nothing of a lock alone.
     *
     * @return false if other rows have replaced some of the awaited ones
     */
    private boolean holdsAll(Connection connection, String projection) throws SQLException {
        List<Key> locked = Statements.list(connection, lock, Key::of, projection);
        Statements.update(connection, touch, projection);
        return locked.equals(Statements.list(connection, select, Key::of, projection));
    }
}
