package io.eventcore.jdbc;

import org.junit.jupiter.api.Tag;

@Tag("mariadb")
class MariaDbSerialProcessesTest extends SerialProcessesContract {
    /** Ten thousand take more than two minutes, most of it in waits for locks: that was run by hand. */
    @Override
    int decisions() {
        return Integer.getInteger("eventcore.test.decisions", 1_500);
    }

    @Override
    TestDatabase database() {
        return MariaDbDatabase.INSTANCE;
    }
}
