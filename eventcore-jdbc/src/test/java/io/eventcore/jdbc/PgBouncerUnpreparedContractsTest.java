package io.eventcore.jdbc;

import javax.sql.DataSource;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;

/** What holds on PostgreSQL holds by way of a PgBouncer that gives its sessions from hand to hand, without prepared statements. */
@Tag("cluster")
class PgBouncerUnpreparedContractsTest {
    @Nested
    class Store extends JdbcEventStoreContract {
        @Override
        TestDatabase database() {
            return PgBouncerDatabase.UNPREPARED;
        }
    }

    @Nested
    class Concurrency extends JdbcConcurrencyContract {
        Concurrency() {
            super(PgBouncerDatabase.UNPREPARED);
        }
    }

    @Nested
    class Transactions extends JdbcTransactionContract {
        @Override
        TestDatabase database() {
            return PgBouncerDatabase.UNPREPARED;
        }

        @Override
        DataSource impatientDataSource() {
            return PgBouncerDatabase.UNPREPARED.unpooled(TestDatabase.APP);
        }
    }

    @Nested
    class Projections extends JdbcProjectionContract {
        @Override
        TestDatabase database() {
            return PgBouncerDatabase.UNPREPARED;
        }
    }

    @Nested
    class Tags extends TagsContract {
        @Override
        TestDatabase database() {
            return PgBouncerDatabase.UNPREPARED;
        }
    }
}
