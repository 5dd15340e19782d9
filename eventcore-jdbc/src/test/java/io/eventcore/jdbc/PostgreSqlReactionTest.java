package io.eventcore.jdbc;

class PostgreSqlReactionTest extends JdbcReactionContract {
    PostgreSqlReactionTest() {
        super(PostgreSqlDatabase.INSTANCE);
    }
}
