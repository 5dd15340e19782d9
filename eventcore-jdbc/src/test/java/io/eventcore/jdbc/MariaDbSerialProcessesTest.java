package io.eventcore.jdbc;

import org.junit.jupiter.api.Tag;

@Tag("mariadb")
class MariaDbSerialProcessesTest extends SerialProcessesContract {
    @Override
    TestDatabase database() {
        return MariaDbDatabase.INSTANCE;
    }
}
