package io.eventcore.jdbc;

import io.eventcore.serialization.JacksonEventSerializer;
import io.eventcore.test.contract.LedgerEvent;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;

/** A database of one engine in which every test gets tables of its own. */
abstract class TestDatabase {
    private static final AtomicInteger STORES = new AtomicInteger();

    /** Connections of the application. */
    abstract DataSource dataSource();

    /** New tables, and the prefix of their names. */
    String newTables() {
        String prefix = "t" + STORES.incrementAndGet() + "_";
        JdbcSchema.in(dataSource(), "", prefix).create();
        return prefix;
    }

    JdbcEventStore newStore() {
        return store(newTables());
    }

    JdbcEventStore store(String prefix) {
        return JdbcEventStore.builder(dataSource(), new JacksonEventSerializer(LedgerEvent.types()))
                .tablePrefix(prefix)
                .build();
    }
}
