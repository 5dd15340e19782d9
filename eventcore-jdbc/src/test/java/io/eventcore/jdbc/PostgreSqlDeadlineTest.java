package io.eventcore.jdbc;

class PostgreSqlDeadlineTest extends JdbcDeadlineContract {
    PostgreSqlDeadlineTest() {
        super(PostgreSqlDatabase.INSTANCE);
    }
}
