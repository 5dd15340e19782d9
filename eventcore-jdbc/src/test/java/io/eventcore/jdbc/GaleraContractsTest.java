package io.eventcore.jdbc;

import com.zaxxer.hikari.HikariDataSource;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;

/** What holds on MariaDB holds on a Galera cluster of three nodes whose clients write to one of them, as the guide advises. */
@Tag("cluster")
class GaleraContractsTest {
    private static final GaleraDatabase DATABASE = GaleraDatabase.FIRST_NODE;

    @Nested
    class Store extends JdbcEventStoreContract {
        @Override
        TestDatabase database() {
            return DATABASE;
        }
    }

    @Nested
    class Concurrency extends JdbcConcurrencyContract {
        Concurrency() {
            super(DATABASE, DATABASE.readCommitted());
        }
    }

    @Nested
    class Transactions extends JdbcTransactionContract {
        private final HikariDataSource impatient = DATABASE.pool("SET innodb_lock_wait_timeout = 2");

        @Override
        TestDatabase database() {
            return DATABASE;
        }

        @Override
        DataSource impatientDataSource() {
            return impatient;
        }

        @AfterEach
        void close() {
            impatient.close();
        }
    }

    @Nested
    class Projections extends JdbcProjectionContract {
        @Override
        TestDatabase database() {
            return DATABASE;
        }
    }

    @Nested
    class Tags extends TagsContract {
        @Override
        TestDatabase database() {
            return DATABASE;
        }
    }
}
