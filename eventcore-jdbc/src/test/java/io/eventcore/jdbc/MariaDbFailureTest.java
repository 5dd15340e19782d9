package io.eventcore.jdbc;

import io.eventcore.test.chaos.JdbcCall;
import org.junit.jupiter.api.Tag;

@Tag("mariadb")
class MariaDbFailureTest extends FailureContract {
    @Override
    TestDatabase database() {
        return MariaDbDatabase.INSTANCE;
    }

    @Override
    JdbcCall committingCall() {
        return JdbcCall.COMMIT;
    }
}
