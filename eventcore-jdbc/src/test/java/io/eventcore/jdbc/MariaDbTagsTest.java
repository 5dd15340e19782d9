package io.eventcore.jdbc;

import org.junit.jupiter.api.Tag;

@Tag("mariadb")
class MariaDbTagsTest extends TagsContract {
    @Override
    TestDatabase database() {
        return MariaDbDatabase.INSTANCE;
    }
}
