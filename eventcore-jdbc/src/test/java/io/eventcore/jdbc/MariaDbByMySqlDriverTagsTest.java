package io.eventcore.jdbc;

import org.junit.jupiter.api.Tag;

@Tag("mariadb")
class MariaDbByMySqlDriverTagsTest extends TagsContract {
    @Override
    TestDatabase database() {
        return MariaDbDatabase.BY_MYSQL_DRIVER;
    }
}
