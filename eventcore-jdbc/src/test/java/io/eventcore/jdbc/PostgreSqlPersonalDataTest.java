package io.eventcore.jdbc;

class PostgreSqlPersonalDataTest extends JdbcPersonalDataContract {
    PostgreSqlPersonalDataTest() {
        super(PostgreSqlDatabase.INSTANCE);
    }
}
