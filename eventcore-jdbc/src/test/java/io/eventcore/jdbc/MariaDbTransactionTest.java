package io.eventcore.jdbc;

import com.zaxxer.hikari.HikariDataSource;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;

@Tag("mariadb")
class MariaDbTransactionTest extends JdbcTransactionContract {
    private final HikariDataSource impatient = MariaDbDatabase.INSTANCE.pool("SET innodb_lock_wait_timeout = 2");

    @Override
    TestDatabase database() {
        return MariaDbDatabase.INSTANCE;
    }

    @Override
    DataSource impatientDataSource() {
        return impatient;
    }

    @AfterEach
    void close() {
        impatient.close();
    }
}
