package com.example.guide;

import static org.assertj.core.api.Assertions.assertThat;

import com.example.guide.LibraryEvent.BookAdded;
import com.example.guide.LibraryEvent.BookLent;
import io.eventcore.EventMetadata;
import io.eventcore.EventStore;
import io.eventcore.GlobalPosition;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.jdbc.JdbcDatabase;
import io.eventcore.jdbc.JdbcSchema;
import io.eventcore.serialization.EventTypes;
import io.eventcore.serialization.JacksonEventSerializer;
import io.eventcore.transfer.EventExport;
import io.eventcore.transfer.EventImport;
import io.eventcore.transfer.ExportSource;
import io.eventcore.transfer.ExportedEvent;
import io.eventcore.transfer.TransferResult;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

/** The events of a table that an application has made for itself move into a store. */
class HomeMadeTableTest {
    private final DataSource old = database("old");
    private final DataSource ours = database("new");

    @TempDir
    private Path folder;

    private static DataSource database(String name) {
        return new DriverManagerDataSource("jdbc:h2:mem:" + name + "-" + UUID.randomUUID() + ";DB_CLOSE_DELAY=-1");
    }

    // tag::source[]
    /** Reads a table domain_event (id, aggregate_type, aggregate_id, sequence, type, payload, created_at). */
    record OldEvents(JdbcClient jdbc) implements ExportSource {
        private static final Map<String, String> NAMES =
                Map.of("com.acme.BookAddedEvent", "library.book-added", "com.acme.BookLentEvent", "library.book-lent");

        @Override
        public GlobalPosition settledEnd() { // the application is stopped: nothing can appear below the end
            return GlobalPosition.of(jdbc.sql("SELECT COALESCE(MAX(id), 0) FROM domain_event")
                    .query(Long.class)
                    .single());
        }

        @Override
        public List<ExportedEvent> read(GlobalPosition after, GlobalPosition upTo, int limit) {
            return jdbc.sql("SELECT * FROM domain_event WHERE id > ? AND id <= ? ORDER BY id LIMIT ?")
                    .params(after.value(), upTo.value(), limit)
                    .query((row, number) -> event(row))
                    .list();
        }

        private static ExportedEvent event(ResultSet row) throws SQLException {
            long id = row.getLong("id");
            String type = row.getString("type");
            String name = NAMES.get(type);
            if (name == null) {
                throw new IllegalStateException("No name for type " + type + " of the event with id " + id);
            }
            return ExportedEvent.of(
                    GlobalPosition.of(id),
                    StreamId.of(row.getString("aggregate_type") + "-" + row.getString("aggregate_id")),
                    StreamVersion.of(row.getLong("sequence") + 1), // theirs begin with 0, versions with 1
                    UUID.nameUUIDFromBytes(("domain_event/" + id).getBytes(StandardCharsets.UTF_8)),
                    name,
                    row.getObject("created_at", OffsetDateTime.class).toInstant(),
                    EventMetadata.empty(),
                    row.getString("payload").getBytes(StandardCharsets.UTF_8));
        }
    }
    // end::source[]

    @BeforeEach
    void twoEventsOfYesterday() {
        JdbcClient jdbc = JdbcClient.create(old);
        jdbc.sql(
                        "CREATE TABLE domain_event (id BIGINT PRIMARY KEY, aggregate_type VARCHAR(50), aggregate_id VARCHAR(50),"
                                + " sequence BIGINT, type VARCHAR(200), payload VARCHAR(4000),"
                                + " created_at TIMESTAMP(6) WITH TIME ZONE)")
                .update();
        insert(jdbc, 3, 0, "com.acme.BookAddedEvent", "{\"book\":\"book-7\",\"title\":\"Walden\"}");
        insert(jdbc, 8, 1, "com.acme.BookLentEvent", "{\"book\":\"book-7\",\"reader\":\"Ada\"}");
    }

    private static void insert(JdbcClient jdbc, long id, long sequence, String type, String payload) {
        jdbc.sql("INSERT INTO domain_event VALUES (?, 'book', '7', ?, ?, ?, TIMESTAMP WITH TIME ZONE"
                        + " '2025-03-01 09:30:00+00')")
                .params(id, sequence, type, payload)
                .update();
    }

    @Test
    void streams_versions_positions_and_times_are_kept() {
        JdbcSchema.in(ours).create();
        JdbcClient jdbc = JdbcClient.create(old);
        Path file = folder.resolve("events.jsonl.gz");

        // tag::move[]
        EventExport.from(new OldEvents(jdbc)).toFile(file);
        TransferResult moved =
                EventImport.into(JdbcDatabase.of(ours).storedLog()).restore(file);
        // end::move[]

        EventStore store =
                JdbcDatabase.of(ours).eventStore(new JacksonEventSerializer(EventTypes.of(LibraryEvent.class)));
        StreamId book = StreamId.of("book-7");
        List<RecordedEvent<LibraryEvent>> events =
                store.readStream(book, LibraryEvent.class).toList();
        assertThat(moved.events()).isEqualTo(2);
        assertThat(events)
                .<Object>extracting(RecordedEvent::event)
                .containsExactly(new BookAdded(book, "Walden"), new BookLent(book, "Ada"));
        assertThat(events.get(1).position()).isEqualTo(GlobalPosition.of(8));
        assertThat(events.get(1).recordedAt()).isEqualTo(Instant.parse("2025-03-01T09:30:00Z"));
    }
}
