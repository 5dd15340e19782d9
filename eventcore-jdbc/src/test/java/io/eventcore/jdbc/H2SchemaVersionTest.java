package io.eventcore.jdbc;

class H2SchemaVersionTest extends SchemaVersionContract {
    @Override
    TestDatabase database() {
        return H2Database.INSTANCE;
    }
}
