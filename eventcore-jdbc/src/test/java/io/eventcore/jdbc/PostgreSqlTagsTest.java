package io.eventcore.jdbc;

class PostgreSqlTagsTest extends TagsContract {
    @Override
    TestDatabase database() {
        return PostgreSqlDatabase.INSTANCE;
    }
}
