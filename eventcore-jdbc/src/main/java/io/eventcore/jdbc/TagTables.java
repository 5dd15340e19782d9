package io.eventcore.jdbc;

import java.sql.Connection;
import java.sql.SQLException;

/**
 * Whether the tables hold tags: asked before the first statement that needs them, until they do. A script may be run while the
 * store is at work.
 *
 * <p>Safe for any number of threads.
 */
final class TagTables {
    private final Dialect dialect;
    private final boolean remembers;
    private volatile boolean present;

    /**
     * Tables of this dialect.
     *
     * @param remembers whether all threads have the same tables
     */
    TagTables(Dialect dialect, boolean remembers) {
        this.dialect = dialect;
        this.remembers = remembers;
    }

    /**
     * Checks by one short read, unless it is known.
     *
     * @throws SchemaException if they do not; it names the script that adds them
     */
    void check(Connection connection) throws SQLException {
        if (!present) {
            SchemaSettings.read(connection, dialect.names(), dialect.expressions())
                    .orElseThrow(() -> SchemaSettings.missing(dialect))
                    .checkTags(dialect);
            present = remembers;
        }
    }

    /** Whether the tables hold tags: one short read, unless that is known. */
    boolean hold(Connection connection) throws SQLException {
        if (present) {
            return true;
        }
        boolean found = SchemaSettings.read(connection, dialect.names(), dialect.expressions())
                        .orElseThrow(() -> SchemaSettings.missing(dialect))
                        .version()
                >= SchemaSettings.TAGS;
        present = remembers && found;
        return found;
    }

    /** Whether it is known that the tables hold tags. */
    boolean areKnown() {
        return present;
    }
}
