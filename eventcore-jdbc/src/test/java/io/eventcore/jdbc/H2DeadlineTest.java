package io.eventcore.jdbc;

class H2DeadlineTest extends JdbcDeadlineContract {
    H2DeadlineTest() {
        super(H2Database.INSTANCE);
    }
}
