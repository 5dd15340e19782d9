package io.eventcore.jdbc;

import java.sql.Connection;
import java.sql.SQLException;

/**
 * Whether the tables hold deadlines. The library asks before the first statement that needs them, until they do: the
 * owner of the tables may run the script while the application is at work.
 *
 * <p>Safe for any number of threads.
 */
final class DeadlineTable {
    private final Dialect dialect;
    private final boolean remembers;
    private volatile boolean present;

    /**
     * The table of this dialect.
     *
     * @param remembers whether all threads have the same tables
     */
    DeadlineTable(Dialect dialect, boolean remembers) {
        this.dialect = dialect;
        this.remembers = remembers;
    }

    /**
     * Checks with one short read, unless the answer is known.
     *
     * @throws SchemaException if the tables hold no deadlines; it names the script that adds them
     */
    void check(Connection connection) throws SQLException {
        if (!present) {
            settings(connection).checkDeadlines(dialect);
            present = remembers;
        }
    }

    /** Whether the tables hold deadlines: one short read, unless the answer is known. */
    boolean holds(Connection connection) throws SQLException {
        boolean found = present || settings(connection).version() >= SchemaSettings.DEADLINES;
        present = remembers && found;
        return found;
    }

    private SchemaSettings settings(Connection connection) throws SQLException {
        return SchemaSettings.read(connection, dialect.names(), dialect.expressions())
                .orElseThrow(() -> SchemaSettings.missing(dialect));
    }
}
