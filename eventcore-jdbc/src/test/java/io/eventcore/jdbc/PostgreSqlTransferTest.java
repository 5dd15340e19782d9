package io.eventcore.jdbc;

class PostgreSqlTransferTest extends JdbcTransferContract {
    PostgreSqlTransferTest() {
        super(PostgreSqlDatabase.INSTANCE);
    }
}
