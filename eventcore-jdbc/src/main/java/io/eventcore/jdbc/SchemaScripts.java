package io.eventcore.jdbc;

import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.springframework.core.io.ByteArrayResource;
import org.springframework.jdbc.datasource.init.ScriptException;
import org.springframework.jdbc.datasource.init.ScriptUtils;

/** The scripts of an engine, which are files beside this class, and how the library runs them. */
enum SchemaScripts {
    POSTGRESQL("postgresql", "postgresql"),
    H2("h2", "h2"),
    MARIADB("mariadb", "mariadb") {
        @Override
        void run(Connection connection, String script) throws SQLException {
            runOneByOne(connection, script);
        }
    },
    MYSQL("mysql", "mariadb") {
        @Override
        void run(Connection connection, String script) throws SQLException {
            runOneByOne(connection, script);
        }
    };

    /** The part of the file names for this engine alone. */
    private final String engine;

    /** The part of the file names for all engines of one family. */
    private final String family;

    SchemaScripts(String engine, String family) {
        this.engine = engine;
        this.family = family;
    }

    /** The files that create the tables, in order: the first version, then the later ones. */
    List<String> schema() {
        return List.of("schema-" + engine + ".sql", tags(), deadlines());
    }

    /** The path of the first of these files, for the user. */
    String schemaPath() {
        return path("schema-" + engine + ".sql");
    }

    /** The file that adds the tables of tags. */
    String tags() {
        return "002-tags-" + engine + ".sql";
    }

    /** The file that adds the table of deadlines. */
    String deadlines() {
        return "003-deadlines-" + engine + ".sql";
    }

    /** The path of one of our files, for the user. */
    static String path(String script) {
        return "classpath:io/eventcore/jdbc/" + script;
    }

    /**
     * The files that grant roles the rights that they need on the tables.
     *
     * @param version the version of the tables
     */
    List<String> roles(int version) {
        List<String> scripts = new ArrayList<>(List.of("roles-" + family + ".sql"));
        if (version >= SchemaSettings.TAGS) {
            scripts.add("002-tags-roles-" + family + ".sql");
        }
        if (version >= SchemaSettings.DEADLINES) {
            scripts.add("003-deadlines-roles-" + family + ".sql");
        }
        return scripts;
    }

    /** The file that creates an index. */
    String index(OptionalIndex index) {
        return index.script() + "-" + family + ".sql";
    }

    /** Runs the text of a script, in one piece if the engine accepts that. */
    void run(Connection connection, String script) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(script);
        }
    }

    /** Neither MariaDB nor MySQL accepts several statements at once unless the URL allows it. */
    private static void runOneByOne(Connection connection, String script) throws SQLException {
        try {
            ScriptUtils.executeSqlScript(connection, new ByteArrayResource(script.getBytes(StandardCharsets.UTF_8)));
        } catch (ScriptException e) {
            throw e.getCause() instanceof SQLException cause ? cause : new SQLException(e);
        }
    }
}
