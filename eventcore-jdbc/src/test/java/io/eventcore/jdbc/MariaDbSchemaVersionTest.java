package io.eventcore.jdbc;

import org.junit.jupiter.api.Tag;

@Tag("mariadb")
class MariaDbSchemaVersionTest extends SchemaVersionContract {
    @Override
    TestDatabase database() {
        return MariaDbDatabase.INSTANCE;
    }
}
