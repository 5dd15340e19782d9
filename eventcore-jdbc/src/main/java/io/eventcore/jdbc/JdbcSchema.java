package io.eventcore.jdbc;

import io.eventcore.EventStoreUnavailableException;
import io.eventcore.jdbc.SchemaException.Problem;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import javax.sql.DataSource;

/**
 * The tables of a store: creates them, and checks their version.
 *
 * <p>The scripts are ordinary files on the class path ({@code io/eventcore/jdbc/schema-*.sql}): an application that
 * manages its database with Flyway or Liquibase runs the same text. Safe for any number of threads and for several
 * applications that start at the same time.
 *
 * @since 0.1
 */
public class JdbcSchema {
    private static final Pattern ROLE = Pattern.compile("\\b(app|reader)_eventcore\\b");

    private final Connections connections;
    private final TableNames names;
    private final Set<OptionalIndex> indexes;
    private final SchemaCheck check;

    JdbcSchema(Connections connections, TableNames names) {
        this(connections, names, Set.of(), new SchemaCheck(false));
    }

    JdbcSchema(Connections connections, TableNames names, Set<OptionalIndex> indexes, SchemaCheck check) {
        this.connections = connections;
        this.names = names;
        this.indexes = indexes;
        this.check = check;
    }

    /** The tables with the default names. */
    public static JdbcSchema in(DataSource dataSource) {
        return in(dataSource, "", TableNames.DEFAULT_PREFIX);
    }

    /**
     * The tables with names of the caller's choice.
     *
     * @param schema the schema of the tables, which must exist; empty for the current schema of the connections
     * @param tablePrefix the prefix of the names of the tables
     * @throws IllegalArgumentException if schema or prefix are not valid
     */
    public static JdbcSchema in(DataSource dataSource, String schema, String tablePrefix) {
        return new JdbcSchema(new Connections(dataSource), new TableNames(schema, tablePrefix));
    }

    /** The same tables with these additional indexes. */
    public JdbcSchema with(OptionalIndex... optional) {
        Set<OptionalIndex> all = EnumSet.noneOf(OptionalIndex.class);
        all.addAll(indexes);
        all.addAll(List.of(optional));
        return new JdbcSchema(connections, names, all, check);
    }

    /**
     * Creates what is missing, including indexes on existing tables, and does not change what exists. Tables of an
     * older version keep that version; an additional index stays.
     *
     * @throws UnsupportedDatabaseException if the database is of a kind that is not supported
     * @throws SchemaException if the script fails, or existing tables are of a version this library does not work with
     * @throws EventStoreUnavailableException if the database cannot be reached
     */
    public void create() {
        own(connection -> {
            Dialect dialect = Dialect.of(connection, names);
            if (!isPresent(connection, dialect)) {
                // In one piece: an application that starts at the same moment finds all of it or nothing, if the engine
                // can do that.
                run(connection, dialect, dialect.engine().scripts().schema());
            }
            check.of(connection, dialect);
            for (OptionalIndex index : indexes) {
                create(connection, dialect, index);
            }
            return dialect;
        });
    }

    private void create(Connection connection, Dialect dialect, OptionalIndex index) throws SQLException {
        if (!dialect.hasIndex(connection, index)) {
            try {
                run(connection, dialect, List.of(dialect.engine().scripts().index(index)));
            } catch (SchemaException e) {
                // Another application that starts at the same moment may have created it.
                if (!dialect.hasIndex(connection, index)) {
                    throw e;
                }
            }
        }
    }

    /** Whether the tables have this index; false if there are no tables. */
    boolean has(OptionalIndex index) {
        return own(connection -> Dialect.of(connection, names).hasIndex(connection, index));
    }

    /**
     * Checks that this library works with the tables. A few short reads; changes nothing.
     *
     * @return the version of the tables; it may differ from {@link #version()}
     * @throws UnsupportedDatabaseException if the database is of a kind that is not supported
     * @throws SchemaException if the tables are missing, of a version this library does not work with, or were set back
     * @throws EventStoreUnavailableException if the database cannot be reached
     */
    public int validate() {
        return own(connection ->
                check.of(connection, Dialect.of(connection, names)).version());
    }

    /**
     * Checks as {@link #validate()} does, and also that the tables of projections exist and the database accepts
     * writes, with a statement that changes no row. One connection, a few short statements.
     *
     * @return the version of the tables; it may differ from {@link #version()}
     * @throws UnsupportedDatabaseException if the database is of a kind that is not supported
     * @throws SchemaException if tables are missing, of a version this library does not work with, or were set back
     * @throws EventStoreUnavailableException if the database cannot be reached, or is read-only
     */
    public int probe() {
        return own(connection -> {
            Dialect dialect = Dialect.of(connection, names);
            SchemaSettings settings = check.of(connection, dialect);
            SchemaCheck.thatItTakesChanges(connection, dialect);
            return settings.version();
        });
    }

    /**
     * The newest version of the tables that this library knows, and that {@link #create()} makes. It also works with
     * the version of the previous release, and with newer ones that declare themselves compatible.
     */
    public static int version() {
        return SchemaSettings.KNOWN;
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
            List<String> scripts = new ArrayList<>(dialect.engine().scripts().schema());
            indexes.forEach(index -> scripts.add(dialect.engine().scripts().index(index)));
            return text(scripts);
        });
    }

    /**
     * The text of the script for this database with which the owner of the tables grants two roles what they need: one
     * reads and appends, the other only reads. It fits the version of the tables, or the newest version if there are
     * none. On PostgreSQL it creates the roles if they are missing.
     *
     * @param appRole the role of the application; lower-case letters, digits and underscores
     * @param readerRole the role that only reads; lower-case letters, digits and underscores
     * @throws IllegalArgumentException if a name is not valid, or both are the same
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
        String script = own(connection -> {
            Dialect dialect = Dialect.of(connection, names);
            return text(dialect.engine().scripts().roles(versionOrNewest(connection, dialect)));
        });
        // In one pass and by whole words, because our names and names of roles may look alike.
        return ROLE.matcher(script).replaceAll(role -> role.group().startsWith("app") ? appRole : readerRole);
    }

    /** Creates an object for an inspected database. */
    @FunctionalInterface
    interface Opened<T> {
        T by(Dialect dialect, boolean uniqueIds);
    }

    /**
     * Inspects the database on one connection, and makes its commits durable.
     *
     * @param checked whether to check that this library works with the tables
     */
    <T> T open(boolean checked, Opened<T> opened) {
        return own(connection -> {
            Dialect dialect = Dialect.of(connection, names);
            if (checked) {
                check.of(connection, dialect);
            }
            ready(connection, dialect);
            return opened.by(dialect, dialect.hasIndex(connection, OptionalIndex.EVENT_ID));
        });
    }

    private void ready(Connection connection, Dialect dialect) throws SQLException {
        dialect.engine().checkServer(connection);
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

    /** Accepts tables with an unfinished import, to continue it. */
    JdbcSchema acceptingUnfinishedImport() {
        return new JdbcSchema(connections, names, indexes, new SchemaCheck(true));
    }

    private static boolean isPresent(Connection connection, Dialect dialect) {
        return settingsIfThere(connection, dialect).isPresent();
    }

    private static int versionOrNewest(Connection connection, Dialect dialect) {
        return settingsIfThere(connection, dialect).map(SchemaSettings::version).orElse(version());
    }

    private static Optional<SchemaSettings> settingsIfThere(Connection connection, Dialect dialect) {
        try {
            return SchemaCheck.settings(connection, dialect);
        } catch (SQLException notThere) {
            return Optional.empty();
        }
    }

    private void run(Connection connection, Dialect dialect, List<String> scripts) {
        try {
            dialect.engine().scripts().run(connection, text(scripts));
        } catch (SQLException e) {
            throw new SchemaException(
                    Problem.NOT_CREATED,
                    "The tables of the event store could not be created by " + SchemaScripts.path(scripts.get(0)),
                    SchemaScripts.path(scripts.get(0)),
                    e);
        }
    }

    private String text(List<String> scripts) {
        return String.join("\n", scripts.stream().map(this::text).toList());
    }

    private String text(String script) {
        try (InputStream file = JdbcSchema.class.getResourceAsStream(script)) {
            Objects.requireNonNull(file, script);
            return names.in(new String(file.readAllBytes(), StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
