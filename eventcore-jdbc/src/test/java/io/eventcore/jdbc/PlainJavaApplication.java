package io.eventcore.jdbc;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.eventcore.Event;
import io.eventcore.EventStore;
import io.eventcore.EventType;
import io.eventcore.ExpectedVersion;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.serialization.EventTypes;
import io.eventcore.serialization.JacksonEventSerializer;

/** An application without Spring Boot: the library, a driver and a pool. */
final class PlainJavaApplication {
    static final String DONE = "read back: Walden";

    private PlainJavaApplication() {}

    /** An event of this application. */
    @EventType("plain.book-added")
    record BookAdded(StreamId book, String title) implements Event {
        @Override
        public StreamId streamId() {
            return book;
        }
    }

    /** Creates the tables, appends an event and reads it back. */
    public static void main(String[] args) {
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl("jdbc:h2:mem:plain");
        config.setUsername("sa");
        try (HikariDataSource pool = new HikariDataSource(config)) {
            JdbcSchema.in(pool, "", "eventcore_").create();
            EventStore store =
                    JdbcDatabase.of(pool).eventStore(new JacksonEventSerializer(EventTypes.of(BookAdded.class)));
            StreamId book = StreamId.of("book-1");
            store.appendEvents(StreamWrites.to(book, ExpectedVersion.noStream(), new BookAdded(book, "Walden")));
            store.readStream(book, BookAdded.class)
                    .forEach(event ->
                            System.out.println("read back: " + event.event().title()));
        }
    }
}
