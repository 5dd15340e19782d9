package io.eventcore.jdbc;

class H2UpcastingTest extends JdbcUpcastingContract {
    H2UpcastingTest() {
        super(H2Database.INSTANCE);
    }
}
