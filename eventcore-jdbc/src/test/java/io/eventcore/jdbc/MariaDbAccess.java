package io.eventcore.jdbc;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.nio.charset.StandardCharsets;
import javax.sql.DataSource;
import org.springframework.core.io.ByteArrayResource;
import org.springframework.jdbc.datasource.init.ResourceDatabasePopulator;

/** A MariaDB, or several that hold the same, by one of two drivers. */
class MariaDbAccess extends TestDatabase {
    private final String url;
    private final HikariDataSource owner;
    private final HikariDataSource app;
    private final HikariDataSource readCommitted;
    private final HikariDataSource expendable;
    private final HikariDataSource reader;

    /**
     * A database by the address of its server, whose user root has no password.
     *
     * @param url what begins its URL, up to the name of the database
     * @param name the name of the database, which is created
     */
    MariaDbAccess(String url, String name) {
        this.url = url + name;
        createUsers(name);
        this.owner = pool(OWNER, 4);
        this.app = pool(APP + "_user", 24);
        this.readCommitted = pool(APP + "_user", 24, "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED");
        this.expendable = pool(APP + "_user", 6);
        this.reader = pool(READER + "_user", 2);
    }

    private void createUsers(String name) {
        try (HikariDataSource root = pool("root", 1)) {
            execute(root, "CREATE USER IF NOT EXISTS " + OWNER);
            execute(root, "GRANT ALL ON " + name + ".* TO " + OWNER + " WITH GRANT OPTION");
            execute(root, "GRANT CREATE USER ON *.* TO " + OWNER);
            for (String role : new String[] {APP, READER}) {
                execute(root, "CREATE USER IF NOT EXISTS " + role + "_user");
                execute(root, "CREATE ROLE IF NOT EXISTS " + role);
                execute(root, "GRANT " + role + " TO " + role + "_user");
                execute(root, "SET DEFAULT ROLE " + role + " FOR " + role + "_user");
            }
        }
    }

    private HikariDataSource pool(String user, int size) {
        return pool(user, size, "DO 0");
    }

    /** Connections of the application in sessions that begin with a statement. */
    HikariDataSource pool(String firstStatement) {
        return pool(APP + "_user", 8, firstStatement);
    }

    /** Connections of the application whose URL has these parameters and whose sessions begin with a statement. */
    HikariDataSource pool(String parameters, String firstStatement) {
        return pool(APP + "_user", 8, parameters, firstStatement);
    }

    private HikariDataSource pool(String user, int size, String firstStatement) {
        return pool(user, size, user.equals("root") ? "?createDatabaseIfNotExist=true" : "", firstStatement);
    }

    /** Connections of a user without a password. */
    private HikariDataSource pool(String user, int size, String parameters, String firstStatement) {
        HikariConfig config = config(user, parameters);
        config.setMaximumPoolSize(size);
        config.setConnectionInitSql(firstStatement);
        // A user without rights to any table cannot connect yet.
        config.setInitializationFailTimeout(-1);
        config.setMinimumIdle(0);
        return new HikariDataSource(config);
    }

    private HikariConfig config(String user, String parameters) {
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl(url + parameters);
        config.setUsername(user);
        config.setPassword("");
        return config;
    }

    @Override
    HikariConfig appConfig() {
        return config(APP + "_user", "");
    }

    @Override
    String impatience() {
        return "SET innodb_lock_wait_timeout = 1";
    }

    @Override
    String patience() {
        return "SET innodb_lock_wait_timeout = DEFAULT";
    }

    @Override
    void endSession(long id) {
        try (HikariDataSource root = pool("root", 1)) {
            execute(root, "KILL " + id);
        }
    }

    @Override
    String sessionId() {
        return "SELECT connection_id()";
    }

    @Override
    DataSource dataSource() {
        return app;
    }

    /** Connections of the application as the guide advises: in the isolation that locks no gaps. */
    DataSource readCommitted() {
        return readCommitted;
    }

    @Override
    DataSource expendableDataSource() {
        return expendable;
    }

    @Override
    DataSource ownersDataSource() {
        return owner;
    }

    @Override
    DataSource readersDataSource() {
        return reader;
    }

    /** As Boot's initializer would, with its defaults. */
    @Override
    void runScript(String script) {
        new ResourceDatabasePopulator(new ByteArrayResource(script.getBytes(StandardCharsets.UTF_8))).execute(owner);
    }
}
