package io.eventcore.jdbc;

class H2HotStreamTest extends JdbcHotStreamContract {
    H2HotStreamTest() {
        super(H2Database.INSTANCE);
    }
}
