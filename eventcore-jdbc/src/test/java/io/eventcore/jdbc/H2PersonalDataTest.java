package io.eventcore.jdbc;

class H2PersonalDataTest extends JdbcPersonalDataContract {
    H2PersonalDataTest() {
        super(H2Database.INSTANCE);
    }
}
