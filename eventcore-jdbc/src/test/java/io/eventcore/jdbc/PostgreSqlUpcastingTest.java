package io.eventcore.jdbc;

class PostgreSqlUpcastingTest extends JdbcUpcastingContract {
    PostgreSqlUpcastingTest() {
        super(PostgreSqlDatabase.INSTANCE);
    }
}
