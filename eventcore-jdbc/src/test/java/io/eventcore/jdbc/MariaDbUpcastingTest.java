package io.eventcore.jdbc;

import org.junit.jupiter.api.Tag;

@Tag("mariadb")
class MariaDbUpcastingTest extends JdbcUpcastingContract {
    MariaDbUpcastingTest() {
        super(MariaDbDatabase.INSTANCE);
    }
}
