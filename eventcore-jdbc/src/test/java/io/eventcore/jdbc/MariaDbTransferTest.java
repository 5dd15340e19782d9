package io.eventcore.jdbc;

import org.junit.jupiter.api.Tag;

@Tag("mariadb")
class MariaDbTransferTest extends JdbcTransferContract {
    MariaDbTransferTest() {
        super(MariaDbDatabase.INSTANCE);
    }

    /** A statement has 16 MiB at most, by default. */
    @Override
    boolean takesAnySize() {
        return false;
    }
}
