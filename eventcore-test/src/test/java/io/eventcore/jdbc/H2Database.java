package io.eventcore.jdbc;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import javax.sql.DataSource;

/** An H2 database in memory. */
final class H2Database extends TestDatabase {
    static final H2Database INSTANCE = new H2Database();

    private final HikariDataSource pool;

    private H2Database() {
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl("jdbc:h2:mem:contract;DB_CLOSE_DELAY=-1;LOCK_TIMEOUT=20000");
        config.setMaximumPoolSize(24);
        this.pool = new HikariDataSource(config);
    }

    @Override
    DataSource dataSource() {
        return pool;
    }
}
