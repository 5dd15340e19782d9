package io.eventcore.jdbc;

import org.junit.jupiter.api.Tag;

@Tag("mariadb")
class MariaDbReactionTest extends JdbcReactionContract {
    MariaDbReactionTest() {
        super(MariaDbDatabase.INSTANCE);
    }
}
