package io.eventcore.jdbc;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import javax.sql.DataSource;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * A real PostgreSQL: one server for all tests of the process, or the one that a system property names, with the user and
 * password of a superuser in its URL.
 */
final class PostgreSqlDatabase extends TestDatabase {
    static final PostgreSqlDatabase INSTANCE = new PostgreSqlDatabase();

    static final String PASSWORD = "eventcore";

    private final HikariDataSource superuser;
    private final HikariDataSource owner;
    private final HikariDataSource app;
    private final HikariDataSource expendable;
    private final HikariDataSource reader;

    private PostgreSqlDatabase() {
        String url = System.getProperty("eventcore.test.postgres.url", "");
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl(url.isEmpty() ? start() : url);
        config.setMaximumPoolSize(4);
        this.superuser = new HikariDataSource(config);
        createRoles();
        this.owner = pool(OWNER, 4);
        this.app = pool(APP, 24);
        this.expendable = pool(APP, 6);
        this.reader = pool(READER, 2);
    }

    private static String start() {
        try {
            EmbeddedPostgres server = EmbeddedPostgres.builder()
                    .setPGStartupWait(Duration.ofMinutes(2))
                    .setServerConfig("max_prepared_transactions", "10")
                    .start();
            Runtime.getRuntime().addShutdownHook(new Thread(() -> close(server)));
            return server.getJdbcUrl("postgres", "postgres");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void close(EmbeddedPostgres server) {
        try {
            server.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void createRoles() {
        for (String role : new String[] {OWNER, APP, READER}) {
            execute(superuser, """
                    DO $$
                    BEGIN
                        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '%s') THEN
                            CREATE ROLE %s;
                        END IF;
                        ALTER ROLE %s LOGIN PASSWORD '%s';
                    END
                    $$
                    """.formatted(role, role, role, PASSWORD));
        }
        execute(superuser, "GRANT CREATE ON SCHEMA public TO " + OWNER);
    }

    /** Where the server is, with the user and password of a superuser. */
    String url() {
        return superuser.getJdbcUrl();
    }

    /** New connections of a role, whatever user is asked for. */
    PGSimpleDataSource unpooled(String role) {
        PGSimpleDataSource sameServer = new PGSimpleDataSource();
        sameServer.setUrl(superuser.getJdbcUrl());
        sameServer.setUser(role);
        sameServer.setPassword(PASSWORD);
        return sameServer;
    }

    private HikariDataSource pool(String role, int size) {
        HikariConfig config = new HikariConfig();
        config.setDataSource(unpooled(role));
        config.setMaximumPoolSize(size);
        // A test may load this class several times.
        config.setMinimumIdle(1);
        return new HikariDataSource(config);
    }

    @Override
    DataSource dataSource() {
        return app;
    }

    @Override
    DataSource expendableDataSource() {
        return expendable;
    }

    @Override
    HikariConfig appConfig() {
        HikariConfig config = new HikariConfig();
        config.setDataSource(unpooled(APP));
        return config;
    }

    @Override
    List<String> appAddress() {
        PGSimpleDataSource app = unpooled(APP);
        return List.of(app.getURL(), String.valueOf(app.getUser()), String.valueOf(app.getPassword()));
    }

    @Override
    String impatience() {
        return "SET lock_timeout = 20";
    }

    @Override
    String patience() {
        return "RESET lock_timeout";
    }

    @Override
    void endSession(long id) {
        execute(superuser, "SELECT pg_terminate_backend(" + id + ", 60000)");
    }

    @Override
    String sessionId() {
        return "SELECT pg_backend_pid()";
    }

    @Override
    DataSource ownersDataSource() {
        return owner;
    }

    @Override
    DataSource readersDataSource() {
        return reader;
    }

    /** Connections that may do everything that the server allows. */
    DataSource superusersDataSource() {
        return superuser;
    }

    /** A transaction that has written something else to this database, and one to another database of the server. */
    AutoCloseable openForeignTransactions() {
        execute(superuser, "CREATE TABLE IF NOT EXISTS something_else (id int)");
        try {
            Connection here = superuser.getConnection();
            Connection elsewhere =
                    DriverManager.getConnection(superuser.getJdbcUrl().replaceFirst("/postgres\\b", "/template1"));
            for (Connection connection : List.of(here, elsewhere)) {
                connection.setAutoCommit(false);
                try (Statement statement = connection.createStatement()) {
                    statement.execute(
                            connection == here
                                    ? "INSERT INTO something_else VALUES (1)"
                                    : "SELECT pg_current_xact_id()");
                }
            }
            return () -> {
                here.rollback();
                here.close();
                elsewhere.close();
            };
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }
}
