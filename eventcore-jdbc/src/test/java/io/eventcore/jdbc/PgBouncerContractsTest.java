package io.eventcore.jdbc;

import javax.sql.DataSource;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;

/** What holds on PostgreSQL holds by way of a PgBouncer that gives its sessions from hand to hand, with prepared statements and without. */
@Tag("cluster")
class PgBouncerContractsTest {
    @Nested
    class Prepared_store extends JdbcDatabaseContract {
        @Override
        TestDatabase database() {
            return PgBouncerDatabase.PREPARED;
        }
    }

    @Nested
    class Unprepared_store extends JdbcEventStoreContract {
        @Override
        TestDatabase database() {
            return PgBouncerDatabase.UNPREPARED;
        }
    }

    @Nested
    class Prepared_concurrency extends JdbcConcurrencyContract {
        Prepared_concurrency() {
            super(PgBouncerDatabase.PREPARED);
        }
    }

    @Nested
    class Unprepared_concurrency extends JdbcConcurrencyContract {
        Unprepared_concurrency() {
            super(PgBouncerDatabase.UNPREPARED);
        }
    }

    @Nested
    class Prepared_transactions extends JdbcTransactionContract {
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
    class Unprepared_transactions extends JdbcTransactionContract {
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
    class Prepared_projections extends JdbcProjectionContract {
        @Override
        TestDatabase database() {
            return PgBouncerDatabase.PREPARED;
        }
    }

    @Nested
    class Unprepared_projections extends JdbcProjectionContract {
        @Override
        TestDatabase database() {
            return PgBouncerDatabase.UNPREPARED;
        }
    }

    @Nested
    class Prepared_tags extends TagsContract {
        @Override
        TestDatabase database() {
            return PgBouncerDatabase.PREPARED;
        }
    }

    @Nested
    class Unprepared_tags extends TagsContract {
        @Override
        TestDatabase database() {
            return PgBouncerDatabase.UNPREPARED;
        }
    }
}
