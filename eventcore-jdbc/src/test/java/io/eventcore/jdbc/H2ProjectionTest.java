package io.eventcore.jdbc;

class H2ProjectionTest extends JdbcProjectionContract {
    @Override
    TestDatabase database() {
        return H2Database.INSTANCE;
    }
}
