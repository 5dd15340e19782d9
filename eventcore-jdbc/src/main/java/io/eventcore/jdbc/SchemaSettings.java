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
 * @param compatibleFrom the lowest version that a library must know to work with them: what later scripts added is nothing
 *     that it would have to keep up
 * @param orderStrategy how their log is ordered
 */
record SchemaSettings(int version, int compatibleFrom, String orderStrategy) {
    /** The newest version of the tables that this library knows. */
    static final int KNOWN = 3;

    /** The oldest version of the tables that this library works with: a release works with those of the one before. */
    static final int OLDEST = 1;

    /** The version from which on the tables hold tags. */
    static final int TAGS = 2;

    /** The version from which on the tables hold deadlines. */
    static final int DEADLINES = 3;

    /** The settings as they are now; empty if there is no row. */
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
     * @throws SchemaException if they do not; it names the script that adds them
     */
    void checkTags(Dialect dialect) {
        check(TAGS, "tags of events", dialect.engine().scripts().tags());
    }

    /**
     * Checks that the tables hold deadlines.
     *
     * @throws SchemaException if they do not; it names the script that adds them
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
     * Checks that this library works with tables of this version. Newer ones than it knows are accepted if they say so: an
     * application that was not upgraded yet goes on, and starts again, beside one that was.
     *
     * @param script the script that creates the tables
     * @throws SchemaException if it does not
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
