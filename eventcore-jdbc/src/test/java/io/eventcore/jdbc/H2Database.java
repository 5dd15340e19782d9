package io.eventcore.jdbc;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import javax.sql.DataSource;

/** An H2 database in memory. */
final class H2Database extends TestDatabase {
    static final H2Database INSTANCE = new H2Database();

    private final HikariDataSource owner;
    private final HikariDataSource app;
    private final HikariDataSource expendable;
    private final HikariDataSource reader;

    private H2Database() {
        this.owner = pool(OWNER, 4);
        // Not in the URL: only an administrator may set it.
        execute(owner, "SET DB_CLOSE_DELAY -1");
        for (String user : new String[] {APP, READER}) {
            // A role of the same name cannot be: H2 has one name space for both.
            execute(owner, "CREATE USER IF NOT EXISTS " + user + "_user PASSWORD ''");
            execute(owner, "CREATE ROLE IF NOT EXISTS " + user);
            execute(owner, "GRANT " + user + " TO " + user + "_user");
        }
        this.app = pool(APP + "_user", 24);
        this.expendable = pool(APP + "_user", 6);
        this.reader = pool(READER + "_user", 2);
    }

    private static HikariDataSource pool(String user, int size) {
        HikariConfig config = config(user);
        config.setMaximumPoolSize(size);
        return new HikariDataSource(config);
    }

    private static HikariConfig config(String user) {
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl("jdbc:h2:mem:contract;LOCK_TIMEOUT=20000");
        config.setUsername(user);
        config.setPassword("");
        return config;
    }

    @Override
    HikariConfig appConfig() {
        return config(APP + "_user");
    }

    @Override
    String impatience() {
        return "SET LOCK_TIMEOUT 20";
    }

    @Override
    String patience() {
        return "SET LOCK_TIMEOUT 20000";
    }

    @Override
    void endSession(long id) {
        execute(owner, "CALL ABORT_SESSION(" + id + ")");
    }

    @Override
    String sessionId() {
        return "CALL SESSION_ID()";
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
    DataSource ownersDataSource() {
        return owner;
    }

    @Override
    DataSource readersDataSource() {
        return reader;
    }
}
