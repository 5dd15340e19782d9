package io.eventcore.jdbc;

class PostgreSqlProjectionTest extends JdbcProjectionContract {
    @Override
    TestDatabase database() {
        return PostgreSqlDatabase.INSTANCE;
    }
}
