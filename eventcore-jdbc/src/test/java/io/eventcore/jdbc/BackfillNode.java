package io.eventcore.jdbc;

import io.eventcore.jdbc.RollingUpgradeContract.Seat;
import io.eventcore.serialization.EventSerializer;
import io.eventcore.serialization.EventTypes;
import io.eventcore.serialization.JacksonEventSerializer;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

/** A process that gives events their tags and says how far it has come. */
final class BackfillNode {
    private BackfillNode() {}

    /** Arguments: URL, user and password of the database, prefix of the tables. */
    public static void main(String[] args) {
        JdbcDatabase ownersDatabase = JdbcDatabase.builder(new DriverManagerDataSource(args[0], args[1], args[2]))
                .tablePrefix(args[3])
                .build();
        EventTypes eventTypes = EventTypes.of(Seat.class);
        EventSerializer serializer = new JacksonEventSerializer(eventTypes);
        // tag::backfill
        TagBackfill.Progress done = ownersDatabase
                .tagBackfill(serializer, eventTypes)
                .run(progress -> System.out.println("EVENTS " + progress.events()));
        // end::backfill
        System.out.println("DONE " + done.events() + " " + done.given());
    }
}
