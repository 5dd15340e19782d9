package io.eventcore.jdbc;

import io.eventcore.test.chaos.JdbcCall;

class H2FailureTest extends FailureContract {
    @Override
    TestDatabase database() {
        return H2Database.INSTANCE;
    }

    @Override
    JdbcCall committingCall() {
        return JdbcCall.COMMIT;
    }
}
