package io.eventcore.jdbc;

import org.junit.jupiter.api.Tag;

@Tag("mariadb")
class MariaDbByMySqlDriverProjectionTest extends JdbcProjectionContract {
    @Override
    TestDatabase database() {
        return MariaDbDatabase.BY_MYSQL_DRIVER;
    }
}
