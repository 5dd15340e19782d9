package io.eventcore.jdbc;

import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import org.springframework.core.io.ByteArrayResource;
import org.springframework.jdbc.datasource.init.ScriptException;
import org.springframework.jdbc.datasource.init.ScriptUtils;

/** The scripts of an engine, files beside this class, and how they are run. */
enum SchemaScripts {
    POSTGRESQL("schema-postgresql.sql", "postgresql"),
    H2("schema-h2.sql", "h2"),
    MARIADB("schema-mariadb.sql", "mariadb") {
        @Override
        void run(Connection connection, String script) throws SQLException {
            runOneByOne(connection, script);
        }
    },
    MYSQL("schema-mysql.sql", "mariadb") {
        @Override
        void run(Connection connection, String script) throws SQLException {
            runOneByOne(connection, script);
        }
    };

    private final String schema;

    /** How the files are called that engines of one family share. */
    private final String family;

    SchemaScripts(String schema, String family) {
        this.schema = schema;
        this.family = family;
    }

    /** The file that creates the tables. */
    String schema() {
        return schema;
    }

    /** That file, as a user finds it. */
    String schemaPath() {
        return path(schema);
    }

    /** A file of ours, as a user finds it. */
    static String path(String script) {
        return "classpath:io/eventcore/jdbc/" + script;
    }

    /** The file that grants roles what they need of the tables. */
    String roles() {
        return "roles-" + family + ".sql";
    }

    /** The file that creates an index. */
    String index(OptionalIndex index) {
        return index.script() + "-" + family + ".sql";
    }

    /** Runs the text of a script, in one piece if the engine takes it so. */
    void run(Connection connection, String script) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(script);
        }
    }

    /** Neither MariaDB nor MySQL takes several statements at once unless the URL allows it. */
    private static void runOneByOne(Connection connection, String script) throws SQLException {
        try {
            ScriptUtils.executeSqlScript(connection, new ByteArrayResource(script.getBytes(StandardCharsets.UTF_8)));
        } catch (ScriptException e) {
            throw e.getCause() instanceof SQLException cause ? cause : new SQLException(e);
        }
    }
}
