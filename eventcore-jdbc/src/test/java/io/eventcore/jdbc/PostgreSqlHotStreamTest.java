package io.eventcore.jdbc;

class PostgreSqlHotStreamTest extends JdbcHotStreamContract {
    PostgreSqlHotStreamTest() {
        super(PostgreSqlDatabase.INSTANCE);
    }
}
