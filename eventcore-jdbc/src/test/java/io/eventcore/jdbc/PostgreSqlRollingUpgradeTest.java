package io.eventcore.jdbc;

class PostgreSqlRollingUpgradeTest extends RollingUpgradeContract {
    @Override
    TestDatabase database() {
        return PostgreSqlDatabase.INSTANCE;
    }
}
