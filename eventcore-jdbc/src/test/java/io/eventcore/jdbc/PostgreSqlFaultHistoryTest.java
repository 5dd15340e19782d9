package io.eventcore.jdbc;

class PostgreSqlFaultHistoryTest extends FaultHistoryContract {
    @Override
    TestDatabase database() {
        return PostgreSqlDatabase.INSTANCE;
    }
}
