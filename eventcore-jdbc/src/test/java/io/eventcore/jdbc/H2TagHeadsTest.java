package io.eventcore.jdbc;

class H2TagHeadsTest extends TagHeadsContract {
    @Override
    TestDatabase database() {
        return H2Database.INSTANCE;
    }
}
