package io.eventcore.jdbc;

import java.sql.Connection;
import java.sql.SQLException;

/**
 * Whether the tables hold tags. The library asks before the first statement that needs them, until they do: the owner
 * of the tables may run the script while the store is at work.
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
     * Checks with one short read, unless the answer is known.
     *
     * @throws SchemaException if the tables hold no tags; it names the script that adds them
     */
    void check(Connection connection) throws SQLException {
        if (!present) {
            SchemaSettings.read(connection, dialect.names(), dialect.expressions())
                    .orElseThrow(() -> SchemaSettings.missing(dialect))
                    .checkTags(dialect);
            present = remembers;
        }
    }

    /** Whether the tables hold tags: one short read, unless the answer is known. */
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
