package io.eventcore.jdbc;

class PostgreSqlTransferTest extends JdbcTransferContract {
    PostgreSqlTransferTest() {
        super(PostgreSqlDatabase.INSTANCE);
    }

    /** The type json takes JSON alone. */
    @Override
    boolean keepsAnyText() {
        return false;
    }
}
