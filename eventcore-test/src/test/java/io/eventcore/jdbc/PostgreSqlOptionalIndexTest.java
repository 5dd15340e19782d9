package io.eventcore.jdbc;

class PostgreSqlOptionalIndexTest extends OptionalIndexContract {
    @Override
    TestDatabase database() {
        return PostgreSqlDatabase.INSTANCE;
    }
}
