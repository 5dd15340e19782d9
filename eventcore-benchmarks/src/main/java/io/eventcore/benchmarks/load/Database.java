package io.eventcore.benchmarks.load;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import javax.sql.DataSource;

/**
 * A PostgreSQL database with its default configuration, fsync included, and figures for what it costs. It is started
 * here from Maven's artifacts, or it is given.
 */
final class Database implements AutoCloseable {
    private static final double TICKS_PER_SECOND = 100;

    private final String url;
    private final HikariDataSource pool;
    private final AutoCloseable server;
    private final long postmaster;

    private Database(String url, int poolSize, AutoCloseable server, long postmaster) {
        this.url = url;
        this.server = server;
        this.postmaster = postmaster;
        this.pool = newPool(url, poolSize);
    }

    /** An H2 database in its own file, with durable commits. */
    static Database h2(int poolSize) throws IOException {
        Path folder = Files.createTempDirectory("eventcore-bench-h2");
        return new Database("jdbc:h2:file:" + folder.resolve("bench") + ";WRITE_DELAY=0", poolSize, () -> {}, -1);
    }

    /** A MariaDB or MySQL database that is already running. */
    static Database given(String url, int poolSize) {
        return new Database(url, poolSize, () -> {}, -1);
    }

    static Database start(int poolSize) throws Exception {
        String given = System.getProperty("eventcore.bench.postgres.url", "");
        if (!given.isEmpty()) {
            return new Database(given, poolSize, () -> {}, -1);
        }
        Path data = Files.createTempDirectory("eventcore-bench");
        EmbeddedPostgres server = EmbeddedPostgres.builder()
                .setDataDirectory(data.resolve("pg"))
                .setCleanDataDirectory(true)
                // The embedded server turns fsync off for tests; an event store is measured with it.
                .setServerConfig("fsync", "on")
                .setServerConfig("full_page_writes", "on")
                .setServerConfig("synchronous_commit", "on")
                .setServerConfig("max_connections", "400")
                .setPGStartupWait(Duration.ofMinutes(2))
                .start();
        long pid = Long.parseLong(
                Files.readAllLines(data.resolve("pg/postmaster.pid")).get(0).strip());
        return new Database(server.getJdbcUrl("postgres", "postgres"), poolSize, server, pid);
    }

    static HikariDataSource newPool(String url, int size) {
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl(url);
        config.setMaximumPoolSize(size);
        config.setConnectionTimeout(120_000);
        return new HikariDataSource(config);
    }

    DataSource pool() {
        return pool;
    }

    String url() {
        return url;
    }

    void execute(String sql) {
        try (Connection connection = pool.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    String queryText(String sql) {
        try (Connection connection = pool.getConnection();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getString(1);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private boolean isPostgreSql() {
        return url.startsWith("jdbc:postgresql:");
    }

    /** The type of a column that holds JSON as text. */
    String jsonType() {
        return url.startsWith("jdbc:h2:") ? "varchar(100000)" : "json";
    }

    /** The type of a column that numbers the rows. */
    String identityType() {
        return url.startsWith("jdbc:mariadb:") ? "bigint AUTO_INCREMENT" : "bigint GENERATED ALWAYS AS IDENTITY";
    }

    /** A text parameter for a column that holds JSON. */
    String asJson(String parameter) {
        return isPostgreSql() ? parameter + "::json" : parameter;
    }

    /** Makes the database analyze the tables of a store after they were filled. */
    void analyze(String prefix) {
        if (isPostgreSql()) {
            execute("VACUUM ANALYZE " + prefix + "event");
            execute("VACUUM ANALYZE " + prefix + "stream");
            execute("CHECKPOINT");
        }
    }

    /** Bytes of write-ahead log since the server was created; 0 if the database does not report it. */
    long walBytes() {
        if (!isPostgreSql()) {
            return 0;
        }
        return Long.parseLong(queryText("SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint"));
    }

    /** Processor time that all processes of the server have used, in seconds; 0 if it is unknown. */
    double cpuSeconds() {
        if (postmaster < 0) {
            return 0;
        }
        double ticks = ticksOf(postmaster, true);
        List<ProcessHandle> children =
                ProcessHandle.of(postmaster).map(p -> p.children().toList()).orElse(List.of());
        for (ProcessHandle child : children) {
            ticks += ticksOf(child.pid(), false);
        }
        return ticks / TICKS_PER_SECOND;
    }

    private static double ticksOf(long pid, boolean withEndedChildren) {
        try {
            String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
            double own = Double.parseDouble(fields[11]) + Double.parseDouble(fields[12]);
            return withEndedChildren ? own + Double.parseDouble(fields[13]) + Double.parseDouble(fields[14]) : own;
        } catch (IOException processIsGone) {
            return 0;
        }
    }

    @Override
    public void close() {
        pool.close();
        try {
            server.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
