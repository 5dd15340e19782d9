package io.eventcore.jdbc;

class H2FaultHistoryTest extends FaultHistoryContract {
    @Override
    TestDatabase database() {
        return H2Database.INSTANCE;
    }
}
