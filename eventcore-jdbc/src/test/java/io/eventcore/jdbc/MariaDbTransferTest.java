package io.eventcore.jdbc;

import org.junit.jupiter.api.Tag;

@Tag("mariadb")
class MariaDbTransferTest extends JdbcTransferContract {
    MariaDbTransferTest() {
        super(MariaDbDatabase.INSTANCE);
    }
}
