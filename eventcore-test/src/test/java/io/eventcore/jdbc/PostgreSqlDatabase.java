package io.eventcore.jdbc;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import javax.sql.DataSource;

/** A real PostgreSQL: one server for all tests of the process, or the one that a system property names. */
final class PostgreSqlDatabase extends TestDatabase {
    static final PostgreSqlDatabase INSTANCE = new PostgreSqlDatabase();

    private final HikariDataSource pool;

    private PostgreSqlDatabase() {
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl(
                System.getProperty("eventcore.test.postgres.url", "").isEmpty()
                        ? start()
                        : System.getProperty("eventcore.test.postgres.url"));
        config.setMaximumPoolSize(24);
        this.pool = new HikariDataSource(config);
    }

    private static String start() {
        try {
            EmbeddedPostgres server = EmbeddedPostgres.builder()
                    .setPGStartupWait(Duration.ofMinutes(2))
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

    @Override
    DataSource dataSource() {
        return pool;
    }
}
