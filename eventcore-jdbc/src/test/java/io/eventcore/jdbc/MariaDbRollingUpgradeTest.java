package io.eventcore.jdbc;

import org.junit.jupiter.api.Tag;

@Tag("mariadb")
class MariaDbRollingUpgradeTest extends RollingUpgradeContract {
    @Override
    TestDatabase database() {
        return MariaDbDatabase.INSTANCE;
    }
}
