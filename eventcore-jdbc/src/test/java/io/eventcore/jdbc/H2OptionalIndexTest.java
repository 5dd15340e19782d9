package io.eventcore.jdbc;

class H2OptionalIndexTest extends OptionalIndexContract {
    @Override
    TestDatabase database() {
        return H2Database.INSTANCE;
    }
}
