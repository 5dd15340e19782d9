package io.eventcore.jdbc;

import org.junit.jupiter.api.Tag;

@Tag("mariadb")
class MariaDbTagHeadsTest extends TagHeadsContract {
    @Override
    TestDatabase database() {
        return MariaDbDatabase.INSTANCE;
    }
}
