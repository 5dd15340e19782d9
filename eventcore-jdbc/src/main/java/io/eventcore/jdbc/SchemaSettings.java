package io.eventcore.jdbc;

import io.eventcore.jdbc.SchemaException.Problem;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Optional;

/**
 * What the tables say about themselves, in their one row of settings.
 *
 * @param version the version of the tables: the number of the last script that was run
 * @param compatibleFrom the lowest version that a library must know to work with the tables: it need not maintain what
 *     later scripts added
 * @param orderStrategy how their log is ordered
 */
record SchemaSettings(int version, int compatibleFrom, String orderStrategy) {
    /** The newest version of the tables that this library knows. */
    static final int KNOWN = 3;

    /**
     * The oldest version of the tables that this library works with: each release also works with the tables of the
     * previous one.
     */
    static final int OLDEST = 1;

    /** The first version of the tables that holds tags. */
    static final int TAGS = 2;

    /** The first version of the tables that holds deadlines. */
    static final int DEADLINES = 3;

    /** The current settings; empty if there is no row. */
    static Optional<SchemaSettings> read(Connection connection, TableNames names, SqlExpressions expressions)
            throws SQLException {
        try (PreparedStatement query = connection.prepareStatement(names.in(
                        "SELECT schema_version, compatible_from, order_strategy FROM eventcore_settings WHERE id = 1"
                                + expressions.andNotFromCache()));
                ResultSet row = query.executeQuery()) {
            return row.next()
                    ? Optional.of(new SchemaSettings(row.getInt(1), row.getInt(2), row.getString(3)))
                    : Optional.empty();
        }
    }

    static SchemaException missing(Dialect dialect) {
        return new SchemaException(
                Problem.MISSING,
                "The settings of the event store are missing",
                dialect.engine().scripts().schemaPath(),
                null);
    }

    /**
     * Checks that the tables hold tags.
     *
     * @throws SchemaException if the tables hold no tags; it names the script that adds them
     */
    void checkTags(Dialect dialect) {
        check(TAGS, "tags of events", dialect.engine().scripts().tags());
    }

    /**
     * Checks that the tables hold deadlines.
     *
     * @throws SchemaException if the tables hold no deadlines; it names the script that adds them
     */
    void checkDeadlines(Dialect dialect) {
        check(DEADLINES, "deadlines of reactions", dialect.engine().scripts().deadlines());
    }

    private void check(int needed, String what, String script) {
        if (version < needed) {
            String path = SchemaScripts.path(script);
            throw new SchemaException(
                    Problem.TOO_OLD,
                    "The tables of the event store have version %d, %s need version %d: run %s"
                            .formatted(version, what, needed, path),
                    path,
                    null);
        }
    }

    /**
     * Checks that this library works with tables of this version. It accepts versions newer than it knows if the tables
     * declare themselves compatible: an application that was not upgraded yet continues, and can restart, beside an
     * upgraded one.
     *
     * @param script the script that creates the tables
     * @throws SchemaException if this library does not work with the tables
     */
    void checkVersion(String script) {
        if (version < OLDEST) {
            throw new SchemaException(
                    Problem.TOO_OLD,
                    "The tables of the event store have version %d, this library works with version %d and later"
                            .formatted(version, OLDEST),
                    script,
                    null);
        }
        if (compatibleFrom > KNOWN) {
            throw new SchemaException(
                    Problem.TOO_NEW,
                    ("The tables of the event store have version %d and need a library that knows version %d,"
                                    + " this one knows version %d")
                            .formatted(version, compatibleFrom, KNOWN),
                    script,
                    null);
        }
    }
}
