package io.eventcore.jdbc;

import com.sun.management.HotSpotDiagnosticMXBean;
import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.eventcore.Event;
import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.EventStore;
import io.eventcore.EventType;
import io.eventcore.PersonalData;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.personaldata.MasterKeys;
import io.eventcore.personaldata.PersonalDataProtection;
import io.eventcore.serialization.EventJson;
import io.eventcore.serialization.EventTypes;
import io.eventcore.serialization.JacksonEventSerializer;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;

/** An instance that has just been started, reads all that there is by every way, and writes all of its heap to a file. Knows no person. */
final class HeapDumpNode {
    private HeapDumpNode() {}

    @EventType("heap.registered")
    record Registered(
            StreamId streamId,
            String customer,
            @PersonalData(subject = "customer") String name) implements Event {}

    static EventStore store(JdbcDatabase jdbc) {
        return jdbc.eventStore(new JacksonEventSerializer(
                EventTypes.of(Registered.class),
                EventJson.builder().build(),
                PersonalDataProtection.of(jdbc.subjectKeyStore(MasterKeys.of("test", new byte[32])))));
    }

    /** Arguments: URL, user and password of the database, prefix of the tables, the file. */
    public static void main(String[] args) throws Exception {
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl(args[0]);
        config.setUsername(args[1]);
        config.setPassword(args[2]);
        config.setMaximumPoolSize(2);
        List<Object> read = new ArrayList<>();
        try (HikariDataSource pool = new HikariDataSource(config)) {
            EventStore store = store(TestDatabase.jdbc(pool, args[3]));
            List<RecordedEvent<Event>> log = store.readEvents(EventFilter.all(), EventPage.first(100), Event.class)
                    .events();
            read.addAll(log);
            log.forEach(event ->
                    read.add(store.readStream(event.streamId(), Event.class).toList()));
            read.add(store.internals().readStored(EventFilter.all(), EventPage.first(100)));
            ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class).dumpHeap(args[4], false);
        }
        System.out.println(read.size());
    }
}
