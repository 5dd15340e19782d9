package io.eventcore.jdbc;

import io.eventcore.jdbc.LogEnd.Mark;
import io.eventcore.jdbc.SchemaException.Problem;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Optional;

/** Checks that this version of the library works with the tables. */
final class SchemaCheck {
    private static final String READ_ONLY = "25006";

    private final boolean acceptsUnfinishedImport;

    /** @param acceptsUnfinishedImport whether to accept tables with an unfinished import */
    SchemaCheck(boolean acceptsUnfinishedImport) {
        this.acceptsUnfinishedImport = acceptsUnfinishedImport;
    }

    /** The settings of the tables, if this version works with them. */
    SchemaSettings of(Connection connection, Dialect dialect) {
        SchemaSettings settings;
        try {
            settings = settings(connection, dialect).orElseThrow(() -> SchemaSettings.missing(dialect));
        } catch (SQLException e) {
            throw new SchemaException(
                    Problem.MISSING, "The tables of the event store are missing or not readable", path(dialect), e);
        }
        if (!checkIsUnfinished(settings, dialect)) {
            checkPositions(connection, dialect);
        }
        return settings;
    }

    /** Fails for example after a restore by hand: an append would then land where readers have already passed. */
    private static void checkPositions(Connection connection, Dialect dialect) {
        try {
            long highest = dialect.log().highestPosition(connection);
            long last = dialect.log().end(connection, highest, Mark.NONE).drawn();
            if (highest > last) {
                throw new SchemaException(
                        Problem.SET_BACK,
                        "The log has reached position %d, but %d counts as the last one given to an append: it was set back"
                                .formatted(highest, last),
                        path(dialect),
                        null);
            }
        } catch (SQLException e) {
            throw new SchemaException(
                    Problem.MISSING, "The positions of the event store are not readable", path(dialect), e);
        }
    }

    /** Whether an import is unfinished and accepted. */
    private boolean checkIsUnfinished(SchemaSettings settings, Dialect dialect) {
        boolean unfinished = settings.orderStrategy().equals(JdbcStoredLog.UNFINISHED);
        if (unfinished && !acceptsUnfinishedImport) {
            throw new SchemaException(
                    Problem.UNFINISHED_IMPORT,
                    "An import into this event store was begun and not finished, so it holds only a part of a log",
                    path(dialect),
                    null);
        }
        settings.checkVersion(path(dialect));
        if (!unfinished && !settings.orderStrategy().equals(dialect.log().orderStrategy())) {
            throw new SchemaException(
                    Problem.OTHER_ORDER,
                    "The event store orders its log by '%s', this library by '%s': together they would lose events"
                            .formatted(settings.orderStrategy(), dialect.log().orderStrategy()),
                    path(dialect),
                    null);
        }
        return unfinished;
    }

    /** Fails unless the tables of projections exist and the database accepts writes; changes no row. */
    static void thatItTakesChanges(Connection connection, Dialect dialect) throws SQLException {
        if (connection.isReadOnly()) {
            throw new SQLException("The connection is read-only", READ_ONLY);
        }
        try (PreparedStatement nothing = connection.prepareStatement(
                dialect.names().in("UPDATE eventcore_projection SET moves = moves WHERE name = ''"))) {
            nothing.executeUpdate();
        } catch (SQLException e) {
            if (SqlErrors.isMissingTable(e)) {
                throw new SchemaException(Problem.MISSING, "The tables of projections are missing", path(dialect), e);
            }
            // It is no fault of the database that a user may only read.
            if (Failure.isReadOnly(e) || dialect.classify(e) != Failure.REFUSED) {
                throw e;
            }
        }
    }

    /** What the tables say about themselves; empty if nothing. */
    static Optional<SchemaSettings> settings(Connection connection, Dialect dialect) throws SQLException {
        return SchemaSettings.read(connection, dialect.names(), dialect.expressions());
    }

    private static String path(Dialect dialect) {
        return dialect.engine().scripts().schemaPath();
    }
}
