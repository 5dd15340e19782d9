package io.eventcore.jdbc;

import javax.sql.DataSource;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;

/** What holds on PostgreSQL holds by way of a PgBouncer that gives its sessions from hand to hand, with prepared statements. */
@Tag("cluster")
class PgBouncerPreparedContractsTest {
    @Nested
    class Store extends JdbcDatabaseContract {
        @Override
        TestDatabase database() {
            return PgBouncerDatabase.PREPARED;
        }
    }

    @Nested
    class Concurrency extends JdbcConcurrencyContract {
        Concurrency() {
            super(PgBouncerDatabase.PREPARED);
        }
    }

    @Nested
    class Transactions extends JdbcTransactionContract {
        @Override
        TestDatabase database() {
            return PgBouncerDatabase.PREPARED;
        }

        @Override
        DataSource impatientDataSource() {
            return PgBouncerDatabase.PREPARED.unpooled(TestDatabase.APP);
        }
    }

    @Nested
    class Projections extends JdbcProjectionContract {
        @Override
        TestDatabase database() {
            return PgBouncerDatabase.PREPARED;
        }
    }

    @Nested
    class Tags extends TagsContract {
        @Override
        TestDatabase database() {
            return PgBouncerDatabase.PREPARED;
        }
    }
}
