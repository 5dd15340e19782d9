package io.eventcore.jdbc;

class H2TagBackfillTest extends TagBackfillContract {
    @Override
    TestDatabase database() {
        return H2Database.INSTANCE;
    }
}
