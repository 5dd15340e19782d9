package io.eventcore.jdbc;

import org.junit.jupiter.api.Tag;

@Tag("mariadb")
class MariaDbHotStreamTest extends JdbcHotStreamContract {
    MariaDbHotStreamTest() {
        super(MariaDbDatabase.INSTANCE);
    }
}
