package io.eventcore.jdbc;

class H2TagsTest extends TagsContract {
    @Override
    TestDatabase database() {
        return H2Database.INSTANCE;
    }
}
