package io.eventcore.jdbc;

import io.eventcore.EventStoreUnavailableException;
import io.eventcore.jdbc.LogEnd.Mark;
import io.eventcore.jdbc.SchemaException.Problem;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;
import javax.sql.DataSource;

/**
 * The tables of a store: creates them, and checks that they are the right ones.
 *
 * <p>The scripts are ordinary files on the class path ({@code io/eventcore/jdbc/schema-*.sql}): an application that manages its
 * database by Flyway or Liquibase runs the same text. Safe for any number of threads and for several applications that
 * start at the same time.
 *
 * @since 0.1
 */
public class JdbcSchema {
    static final int VERSION = 1;

    private static final String READ_ONLY = "25006";

    private static final Pattern ROLE = Pattern.compile("\\b(app|reader)_eventcore\\b");

    private final Connections connections;
    private final TableNames names;
    private final Set<OptionalIndex> indexes;
    private final boolean acceptsUnfinishedImport;

    JdbcSchema(Connections connections, TableNames names) {
        this(connections, names, Set.of(), false);
    }

    JdbcSchema(Connections connections, TableNames names, Set<OptionalIndex> indexes, boolean acceptsUnfinishedImport) {
        this.connections = connections;
        this.names = names;
        this.indexes = indexes;
        this.acceptsUnfinishedImport = acceptsUnfinishedImport;
    }

    /** The tables with the default names. */
    public static JdbcSchema in(DataSource dataSource) {
        return in(dataSource, "", TableNames.DEFAULT_PREFIX);
    }

    /**
     * The tables with names of the caller's choice.
     *
     * @param schema the schema of the tables, which must exist; empty for the one the connections are in
     * @param tablePrefix what the names of the tables begin with
     * @throws IllegalArgumentException if schema or prefix are not acceptable
     */
    public static JdbcSchema in(DataSource dataSource, String schema, String tablePrefix) {
        return new JdbcSchema(new Connections(dataSource), new TableNames(schema, tablePrefix));
    }

    /** The same tables with these indexes besides. */
    public JdbcSchema with(OptionalIndex... optional) {
        Set<OptionalIndex> all = EnumSet.noneOf(OptionalIndex.class);
        all.addAll(indexes);
        all.addAll(List.of(optional));
        return new JdbcSchema(connections, names, all, acceptsUnfinishedImport);
    }

    /**
     * Creates what is missing, indexes on existing tables too; leaves alone what is there. An index that was not asked for
     * stays.
     *
     * @throws UnsupportedDatabaseException if the database is of a kind that is not supported
     * @throws SchemaException if the script fails, or the tables there are of another version
     * @throws EventStoreUnavailableException if the database cannot be reached
     */
    public void create() {
        own(connection -> {
            Dialect dialect = Dialect.of(connection, names);
            if (!isPresent(connection, dialect)) {
                run(connection, dialect, dialect.engine().scripts().schema());
            }
            check(connection, dialect);
            for (OptionalIndex index : indexes) {
                create(connection, dialect, index);
            }
            return dialect;
        });
    }

    private void create(Connection connection, Dialect dialect, OptionalIndex index) throws SQLException {
        if (!dialect.hasIndex(connection, index)) {
            try {
                run(connection, dialect, dialect.engine().scripts().index(index));
            } catch (SchemaException e) {
                // Another application that starts at the same moment may have created it.
                if (!dialect.hasIndex(connection, index)) {
                    throw e;
                }
            }
        }
    }

    /** Whether the tables have this index; not if there are no tables. */
    boolean has(OptionalIndex index) {
        return own(connection -> Dialect.of(connection, names).hasIndex(connection, index));
    }

    /**
     * Checks that the tables are those this version works with. A few short reads; changes nothing.
     *
     * @throws UnsupportedDatabaseException if the database is of a kind that is not supported
     * @throws SchemaException if the tables are missing, of another version, or were set back
     * @throws EventStoreUnavailableException if the database cannot be reached
     */
    public void validate() {
        own(connection -> check(connection, Dialect.of(connection, names)));
    }

    /**
     * Checks as {@link #validate()} does, and that the tables of projections are there and the database takes changes: by a
     * statement that changes no row. One connection, a few short statements.
     *
     * @throws UnsupportedDatabaseException if the database is of a kind that is not supported
     * @throws SchemaException if tables are missing, of another version, or were set back
     * @throws EventStoreUnavailableException if the database cannot be reached, or is read-only
     */
    public void probe() {
        own(connection -> {
            Dialect dialect = check(connection, Dialect.of(connection, names));
            if (connection.isReadOnly()) {
                throw new SQLException("The connection is read-only", READ_ONLY);
            }
            changeNothing(connection, dialect);
            return dialect;
        });
    }

    private void changeNothing(Connection connection, Dialect dialect) throws SQLException {
        try (PreparedStatement nothing = connection.prepareStatement(
                names.in("UPDATE eventcore_projection SET moves = moves WHERE name = ''"))) {
            nothing.executeUpdate();
        } catch (SQLException e) {
            if (SqlErrors.isMissingTable(e)) {
                throw new SchemaException(Problem.MISSING, "The tables of projections are missing", path(dialect), e);
            }
            // A user who may only read is no fault of the database.
            if (Failure.isReadOnly(e) || dialect.classify(e) != Failure.REFUSED) {
                throw e;
            }
        }
    }

    /** The version of the tables that this library works with. */
    public static int version() {
        return VERSION;
    }

    /**
     * The text of the script for this database, with the names and indexes chosen.
     *
     * @throws UnsupportedDatabaseException if the database is of a kind that is not supported
     * @throws EventStoreUnavailableException if the database cannot be reached
     */
    public String script() {
        return own(connection -> {
            Dialect dialect = Dialect.of(connection, names);
            StringBuilder script =
                    new StringBuilder(text(dialect.engine().scripts().schema()));
            indexes.forEach(index ->
                    script.append('\n').append(text(dialect.engine().scripts().index(index))));
            return script.toString();
        });
    }

    /**
     * The text of the script for this database by which the owner of the tables grants two roles what they need: one
     * reads and appends, the other reads. On PostgreSQL it creates the roles if they are missing.
     *
     * @param appRole the role of the application; lower case, digits, underscores
     * @param readerRole the role of those who only read; lower case, digits, underscores
     * @throws IllegalArgumentException if a name is not acceptable, or both are the same
     * @throws UnsupportedDatabaseException if the database is of a kind that is not supported
     * @throws EventStoreUnavailableException if the database cannot be reached
     */
    public String rolesScript(String appRole, String readerRole) {
        TableNames.checkIdentifier("App role", appRole);
        TableNames.checkIdentifier("Reader role", readerRole);
        if (appRole.equals(readerRole)) {
            throw new IllegalArgumentException(
                    "The application and its readers need two roles, both are '" + appRole + "'");
        }
        String script = own(connection ->
                text(Dialect.of(connection, names).engine().scripts().roles()));
        // In one pass and by whole words: names of ours and of roles may look like each other.
        return ROLE.matcher(script).replaceAll(role -> role.group().startsWith("app") ? appRole : readerRole);
    }

    /** What is made of a database that was looked at. */
    @FunctionalInterface
    interface Opened<T> {
        T by(Dialect dialect, boolean uniqueIds);
    }

    /**
     * Looks at the database on one connection, and sees to it that commits to it last.
     *
     * @param check whether the tables must be those this version works with, or are not looked at
     */
    <T> T open(boolean check, Opened<T> opened) {
        return own(connection -> {
            Dialect dialect = Dialect.of(connection, names);
            ready(connection, check ? check(connection, dialect) : dialect);
            return opened.by(dialect, dialect.hasIndex(connection, OptionalIndex.EVENT_ID));
        });
    }

    private void ready(Connection connection, Dialect dialect) throws SQLException {
        dialect.engine().makeCommitsLast(connection);
        Sessions sessions = dialect.engine().sessions();
        sessions.check(connection);
        connections.check(sessions);
    }

    private <T> T own(Connections.Work<T> work) {
        try {
            return connections.own(work);
        } catch (SQLException e) {
            throw new EventStoreUnavailableException("The event store's database cannot be used", e);
        }
    }

    /** Takes tables that an import was to fill and has not, for one that goes on with it. */
    JdbcSchema acceptingUnfinishedImport() {
        return new JdbcSchema(connections, names, indexes, true);
    }

    private static String selectSettings(Dialect dialect) {
        return dialect.names()
                .in("SELECT schema_version, order_strategy FROM eventcore_settings WHERE id = 1"
                        + dialect.expressions().andNotFromCache());
    }

    private static boolean isPresent(Connection connection, Dialect dialect) {
        try (PreparedStatement query = connection.prepareStatement(selectSettings(dialect));
                ResultSet row = query.executeQuery()) {
            return row.next();
        } catch (SQLException notThere) {
            return false;
        }
    }

    private void run(Connection connection, Dialect dialect, String script) {
        try {
            dialect.engine().scripts().run(connection, text(script));
        } catch (SQLException e) {
            throw new SchemaException(
                    Problem.NOT_CREATED,
                    "The tables of the event store could not be created by " + path(script),
                    path(script),
                    e);
        }
    }

    private Dialect check(Connection connection, Dialect dialect) {
        try (PreparedStatement query = connection.prepareStatement(selectSettings(dialect));
                ResultSet row = query.executeQuery()) {
            if (!row.next()) {
                throw new SchemaException(
                        Problem.MISSING, "The settings of the event store are missing", path(dialect), null);
            }
            if (checkIsUnfinished(row.getInt(1), row.getString(2), dialect)) {
                return dialect;
            }
        } catch (SQLException e) {
            throw new SchemaException(
                    Problem.MISSING, "The tables of the event store are missing or not readable", path(dialect), e);
        }
        checkPositions(connection, dialect);
        return dialect;
    }

    /** After a restore by hand, for example: what is appended then would stand where readers have passed. */
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

    /** Whether an import was begun and not ended, and that is accepted. */
    private boolean checkIsUnfinished(int version, String orderStrategy, Dialect dialect) {
        boolean unfinished = orderStrategy.equals(JdbcStoredLog.UNFINISHED);
        if (unfinished && !acceptsUnfinishedImport) {
            throw new SchemaException(
                    Problem.UNFINISHED_IMPORT,
                    "An import into this event store was begun and not ended, so that it holds a part of a log only",
                    path(dialect),
                    null);
        }
        check(version, unfinished ? dialect.log().orderStrategy() : orderStrategy, dialect);
        return unfinished;
    }

    private static void check(int version, String orderStrategy, Dialect dialect) {
        if (version != VERSION) {
            throw new SchemaException(
                    version < VERSION ? Problem.TOO_OLD : Problem.TOO_NEW,
                    "The tables of the event store have version %d, this library works with version %d"
                            .formatted(version, VERSION),
                    path(dialect),
                    null);
        }
        if (!orderStrategy.equals(dialect.log().orderStrategy())) {
            throw new SchemaException(
                    Problem.OTHER_ORDER,
                    "The event store orders its log by '%s', this library by '%s': together they would lose events"
                            .formatted(orderStrategy, dialect.log().orderStrategy()),
                    path(dialect),
                    null);
        }
    }

    private String text(String script) {
        try (InputStream file = JdbcSchema.class.getResourceAsStream(script)) {
            Objects.requireNonNull(file, script);
            return names.in(new String(file.readAllBytes(), StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String path(Dialect dialect) {
        return path(dialect.engine().scripts().schema());
    }

    private static String path(String script) {
        return "classpath:io/eventcore/jdbc/" + script;
    }
}
