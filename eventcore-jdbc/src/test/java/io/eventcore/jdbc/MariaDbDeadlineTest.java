package io.eventcore.jdbc;

import org.junit.jupiter.api.Tag;

@Tag("mariadb")
class MariaDbDeadlineTest extends JdbcDeadlineContract {
    MariaDbDeadlineTest() {
        super(MariaDbDatabase.INSTANCE);
    }
}
