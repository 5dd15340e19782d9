package io.eventcore.jdbc;

class PostgreSqlTagBackfillTest extends TagBackfillContract {
    @Override
    TestDatabase database() {
        return PostgreSqlDatabase.INSTANCE;
    }
}
