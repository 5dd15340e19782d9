package io.eventcore.jdbc;

import org.junit.jupiter.api.Tag;

@Tag("mariadb")
class MariaDbPersonalDataTest extends JdbcPersonalDataContract {
    MariaDbPersonalDataTest() {
        super(MariaDbDatabase.INSTANCE);
    }
}
