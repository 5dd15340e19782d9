package io.eventcore.jdbc;

import io.eventcore.RecordedEvent;
import io.eventcore.test.contract.AppliedEvents;
import java.util.List;
import org.springframework.jdbc.core.simple.JdbcClient;

/** A read model in a table without any key, so that an event applied twice is there twice. */
final class JdbcAppliedEvents implements AppliedEvents {
    private final JdbcClient jdbc;
    private final String table;

    JdbcAppliedEvents(TestDatabase database, String prefix) {
        this.jdbc = JdbcClient.create(database.dataSource());
        this.table = prefix + "applied";
        TestDatabase.execute(database.ownersDataSource(), "CREATE TABLE " + table + " (position BIGINT NOT NULL)");
        TestDatabase.execute(
                database.ownersDataSource(), "GRANT SELECT, INSERT, DELETE ON " + table + " TO " + TestDatabase.APP);
    }

    @Override
    public void add(RecordedEvent<?> event) {
        jdbc.sql("INSERT INTO " + table + " (position) VALUES (?)")
                .param(event.position().value())
                .update();
    }

    @Override
    public List<Long> positions() {
        return jdbc.sql("SELECT position FROM " + table + " ORDER BY position")
                .query(Long.class)
                .list();
    }

    @Override
    public void clear() {
        jdbc.sql("DELETE FROM " + table).update();
    }
}
