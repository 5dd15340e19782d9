package io.eventcore.jdbc;

import javax.sql.DataSource;
import org.h2.jdbcx.JdbcDataSource;

class H2TransactionTest extends JdbcTransactionContract {
    @Override
    TestDatabase database() {
        return H2Database.INSTANCE;
    }

    @Override
    DataSource impatientDataSource() {
        JdbcDataSource dataSource = new JdbcDataSource();
        dataSource.setUrl("jdbc:h2:mem:contract;LOCK_TIMEOUT=1100");
        dataSource.setUser(TestDatabase.APP + "_user");
        dataSource.setPassword("");
        return dataSource;
    }
}
