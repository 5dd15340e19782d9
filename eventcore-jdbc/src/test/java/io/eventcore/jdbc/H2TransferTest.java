package io.eventcore.jdbc;

class H2TransferTest extends JdbcTransferContract {
    H2TransferTest() {
        super(H2Database.INSTANCE);
    }
}
