package io.eventcore.jdbc;

class PostgreSqlSchemaVersionTest extends SchemaVersionContract {
    @Override
    TestDatabase database() {
        return PostgreSqlDatabase.INSTANCE;
    }
}
