package io.eventcore.jdbc;

import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;

/** What holds on PostgreSQL holds by way of a PgBouncer that gives its sessions from hand to hand, with prepared statements and without. */
@Tag("cluster")
class PgBouncerContractsTest {
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
