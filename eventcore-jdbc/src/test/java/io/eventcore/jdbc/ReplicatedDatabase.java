package io.eventcore.jdbc;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.eventcore.serialization.JacksonEventSerializer;
import io.eventcore.servers.PostgreSqlServer;
import io.eventcore.servers.ReplicatedServers;
import io.eventcore.test.contract.LedgerEvent;
import java.nio.file.Path;
import java.util.concurrent.ThreadLocalRandom;
import javax.sql.DataSource;

/** A PostgreSQL with a standby, whose stores take pages of any size from there. */
final class ReplicatedDatabase extends TestDatabase {
    static final ReplicatedDatabase INSTANCE = new ReplicatedDatabase(ReplicatedServers.INSTANCE);

    private final ReplicatedServers servers;
    private final HikariDataSource owner;
    private final HikariDataSource app;
    private final HikariDataSource reader;
    private final HikariDataSource standby;

    private ReplicatedDatabase(ReplicatedServers servers) {
        this.servers = servers;
        for (String role : new String[] {OWNER, APP, READER}) {
            servers.primary().execute("""
                    DO $$
                    BEGIN
                        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '%s') THEN
                            CREATE ROLE %s LOGIN;
                        END IF;
                    END
                    $$
                    """.formatted(role, role));
        }
        servers.primary().execute("GRANT CREATE ON SCHEMA public TO " + OWNER);
        this.owner = pool(servers.primary().as(OWNER), 4);
        this.app = pool(servers.primary().as(APP), 24);
        this.reader = pool(servers.primary().as(READER), 2);
        servers.standby().awaitReplayOf(servers.primary());
        this.standby = pool(servers.standby().as(APP), 8);
    }

    private static HikariDataSource pool(DataSource connections, int size) {
        HikariConfig config = new HikariConfig();
        config.setDataSource(connections);
        config.setMaximumPoolSize(size);
        config.setMinimumIdle(0);
        return new HikariDataSource(config);
    }

    PostgreSqlServer primary() {
        return servers.primary();
    }

    PostgreSqlServer standby() {
        return servers.standby();
    }

    /** Connections of the application to the standby. */
    DataSource standbysDataSource() {
        return standby;
    }

    /** Where a test may put servers of its own. */
    Path folder(String name) {
        return servers.folder()
                .resolve(name + "-" + Long.toString(ThreadLocalRandom.current().nextLong(1L << 32), 36));
    }

    /** The database, with pages of any size from these standbys. */
    static JdbcDatabase jdbc(DataSource primary, DataSource standbys, String prefix) {
        return JdbcDatabase.builder(primary)
                .tablePrefix(prefix)
                .replica(standbys)
                .smallestReplicaPage(1)
                .build();
    }

    static JdbcEventStore store(JdbcDatabase database) {
        return database.eventStore(new JacksonEventSerializer(LedgerEvent.types()));
    }

    @Override
    JdbcEventStore store(String prefix) {
        return store(jdbc(app, standby, prefix));
    }

    @Override
    DataSource dataSource() {
        return app;
    }

    @Override
    DataSource expendableDataSource() {
        return app;
    }

    @Override
    HikariConfig appConfig() {
        HikariConfig config = new HikariConfig();
        config.setDataSource(servers.primary().as(APP));
        return config;
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
        servers.primary().execute("SELECT pg_terminate_backend(" + id + ", 60000)");
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
}
