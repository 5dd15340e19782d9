package io.eventcore.tool;

import io.eventcore.EventStoreException;
import io.eventcore.jdbc.JdbcDatabase;
import io.eventcore.jdbc.JdbcSchema;
import io.eventcore.jdbc.SchemaException;
import io.eventcore.jdbc.UnsupportedDatabaseException;
import io.eventcore.jdbc.axon.AxonEvents;
import io.eventcore.jdbc.axon.AxonReport;
import io.eventcore.transfer.EventExport;
import io.eventcore.transfer.EventImport;
import io.eventcore.transfer.StoredLog;
import io.eventcore.transfer.TransferException;
import io.eventcore.transfer.TransferProgress;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import java.util.Properties;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;

/**
 * Exports and imports events from the command line, without an application. Without arguments it says how.
 *
 * @since 0.1
 */
public final class EventTool {
    private static final String USAGE = """
        export  --url URL [--user USER] FILE            writes the log to a new file (.gz: compressed)
        restore --url URL [--user USER] [--create] FILE fills an empty store; positions stay. Stop the application before.
        append  --url URL [--user USER] FILE            appends to a store; events get new positions
        axon4   --url URL [--user USER] --types TYPES [--table NAME] [--dry-run] FILE
        axon5   --url URL [--user USER] --types TYPES [--table NAME] [--dry-run] FILE
                                                        writes what Axon Framework has stored to a new file

          --url           the JDBC URL: PostgreSQL, MariaDB or H2; other drivers by -Dloader.path=FOLDER
          --user          the user: a reader exports, the owner of the tables imports
          --schema, --table-prefix   of the tables, if they are not the default ones
          --create        creates the tables if they are not there
          --show-to-all   imports although projections, reactions or side effects have begun, which get all of it as news
          --keys-come-later   imports although keys of personal data are not in the tables yet
          --types         a properties file: TYPE=STORED NAME, or TYPE;REVISION=STORED NAME
          --table         by default domain_event_entry, aggregate_event_entry
          --dry-run       says what has no mapping, and writes nothing

        The password is taken from the environment: EVENTCORE_PASSWORD.
        What was interrupted is repeated by the same call. --help says this. Exit codes: 0 done, 1 failed, 2 wrong arguments.
        """;

    private static final Pattern SCHEME = Pattern.compile("jdbc:[a-z0-9]+:");
    private static final Duration BETWEEN_LINES = Duration.ofSeconds(1);

    private final Arguments arguments;
    private final String password;
    private final PrintStream out;
    private long lastLine = System.nanoTime() - BETWEEN_LINES.toNanos();

    private EventTool(Arguments arguments, String password, PrintStream out) {
        this.arguments = arguments;
        this.password = password;
        this.out = out;
    }

    /**
     * Does what the arguments say, and ends the process.
     *
     * @param arguments what to do, the options, and the file
     */
    public static void main(String[] arguments) {
        System.exit(run(arguments, System.getenv(), System.out, System.err));
    }

    static int run(String[] arguments, Map<String, String> environment, PrintStream out, PrintStream err) {
        if (Arguments.askForHelp(arguments)) {
            out.println(USAGE);
            return 0;
        }
        Arguments parsed;
        try {
            parsed = Arguments.of(arguments);
        } catch (IllegalArgumentException e) {
            err.println(e.getMessage());
            err.println();
            err.println(USAGE);
            return 2;
        }
        String password = environment.getOrDefault("EVENTCORE_PASSWORD", "");
        try {
            return new EventTool(parsed, password, out).run() ? 0 : 1;
        } catch (TransferException
                | EventStoreException
                | SchemaException
                | UnsupportedDatabaseException
                | DataAccessException
                | IllegalArgumentException
                | IOException e) {
            err.println(parsed.action() + " failed: " + e.getMessage() + remedy(parsed, e));
            for (Throwable cause = e.getCause(); cause != null; cause = cause.getCause()) {
                err.println("  because: " + cause);
            }
            return 1;
        }
    }

    private static String remedy(Arguments parsed, Exception failure) {
        return failure instanceof SchemaException tables
                        && tables.problem() == SchemaException.Problem.MISSING
                        && parsed.action().equals("restore")
                ? ". With --create they are created; if they are there, see --schema, --table-prefix and the rights of --user"
                : "";
    }

    private boolean run() throws IOException {
        checkDriver(arguments.option("--url"));
        arguments.checkFiles();
        SingleConnectionDataSource database = new SingleConnectionDataSource(
                arguments.option("--url"), arguments.option("--user", ""), password, true);
        try {
            Path file = arguments.file();
            return switch (arguments.action()) {
                case "export" -> said(EventExport.from(log(database)).toFile(file, this::say));
                case "restore" -> said(into(log(database)).restore(file, this::say));
                case "append" -> said(into(log(database)).append(file, this::say));
                default -> axon(database, file);
            };
        } finally {
            database.destroy();
        }
    }

    /** A URL may hold a password, so no message quotes all of it. */
    private static void checkDriver(String url) {
        try {
            DriverManager.getDriver(url);
        } catch (SQLException e) {
            Matcher scheme = SCHEME.matcher(url);
            throw new IllegalArgumentException(
                    scheme.lookingAt()
                            ? "there is no driver for '%s': put its jar into a folder and start with java -Dloader.path=FOLDER -jar .."
                                    .formatted(scheme.group())
                            : "the value of --url does not begin as a JDBC URL does: jdbc:postgresql:, jdbc:mariadb:,"
                                    + " jdbc:h2:");
        }
    }

    private EventImport into(StoredLog log) {
        EventImport events = EventImport.into(log);
        if (arguments.has("--show-to-all")) {
            events = events.shownToAll();
        }
        return arguments.has("--keys-come-later") ? events.keysComeLater() : events;
    }

    private boolean said(Object result) {
        out.println(result);
        return true;
    }

    private StoredLog log(SingleConnectionDataSource database) {
        String schema = arguments.option("--schema", "");
        String prefix = arguments.option("--table-prefix", "eventcore_");
        JdbcDatabase.Builder tables = JdbcDatabase.builder(database)
                .schema(schema)
                .tablePrefix(prefix)
                .acceptUnfinishedImport();
        if (arguments.has("--create") && !isThere(tables)) {
            JdbcSchema.in(database, schema, prefix).create();
        }
        return tables.build().storedLog();
    }

    /** An import that was interrupted has left tables behind that no schema script must touch. */
    private static boolean isThere(JdbcDatabase.Builder tables) {
        try {
            tables.build();
            return true;
        } catch (SchemaException e) {
            if (e.problem() != SchemaException.Problem.MISSING) {
                throw e;
            }
            return false;
        }
    }

    private boolean axon(SingleConnectionDataSource database, Path file) throws IOException {
        boolean four = arguments.action().equals("axon4");
        AxonEvents.Builder events = four
                ? AxonEvents.ofAxon4(database, arguments.option("--table", "domain_event_entry"))
                : AxonEvents.ofAxon5(database, arguments.option("--table", "aggregate_event_entry"));
        Properties types = new Properties();
        try (var reader = Files.newBufferedReader(Path.of(arguments.option("--types")), StandardCharsets.UTF_8)) {
            types.load(reader);
        }
        types.stringPropertyNames().forEach(type -> map(events, type, types.getProperty(type)));
        if (arguments.has("--dry-run")) {
            AxonReport report = events.build().dryRun();
            out.print(report);
            return report.isComplete();
        }
        return said(EventExport.from(events.build()).toFile(file, this::say));
    }

    private static void map(AxonEvents.Builder events, String type, String storedName) {
        int revision = type.indexOf(';');
        if (revision < 0) {
            events.type(type, storedName);
        } else {
            events.type(type.substring(0, revision), type.substring(revision + 1), storedName);
        }
    }

    /** Says how far it has come, once a second and at the end of each step. */
    private void say(TransferProgress progress) {
        boolean last = progress.position().equals(progress.end());
        if (last || System.nanoTime() - lastLine >= BETWEEN_LINES.toNanos()) {
            out.println(progress);
            lastLine = System.nanoTime();
        }
    }
}
