package io.eventcore.benchmarks.axon4;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.thoughtworks.xstream.XStream;
import io.eventcore.Event;
import io.eventcore.EventStore;
import io.eventcore.EventStoreUnavailableException;
import io.eventcore.EventType;
import io.eventcore.GlobalPosition;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.jdbc.JdbcDatabase;
import io.eventcore.jdbc.JdbcSchema;
import io.eventcore.jdbc.axon.AxonEvent;
import io.eventcore.jdbc.axon.AxonEvents;
import io.eventcore.jdbc.axon.AxonReport;
import io.eventcore.serialization.EventTypes;
import io.eventcore.serialization.JacksonEventSerializer;
import io.eventcore.transfer.EventExport;
import io.eventcore.transfer.EventImport;
import io.eventcore.transfer.TransferRefusedException;
import io.eventcore.transfer.TransferResult;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;
import javax.sql.DataSource;
import org.axonframework.common.transaction.NoTransactionManager;
import org.axonframework.eventhandling.DomainEventMessage;
import org.axonframework.eventhandling.GenericDomainEventMessage;
import org.axonframework.eventsourcing.eventstore.DomainEventStream;
import org.axonframework.eventsourcing.eventstore.EventStorageEngine;
import org.axonframework.eventsourcing.eventstore.jdbc.EventSchema;
import org.axonframework.eventsourcing.eventstore.jdbc.JdbcEventStorageEngine;
import org.axonframework.eventsourcing.eventstore.jdbc.MySqlEventTableFactory;
import org.axonframework.messaging.GenericMessage;
import org.axonframework.messaging.MetaData;
import org.axonframework.serialization.Revision;
import org.axonframework.serialization.Serializer;
import org.axonframework.serialization.json.JacksonSerializer;
import org.axonframework.serialization.xml.XStreamSerializer;
import org.h2.jdbcx.JdbcConnectionPool;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tables that the JDBC engine of Axon Framework 4 has written are exported and imported. */
class Axon4ExportTest {
    private static final int AGGREGATES = 10_000;
    private static final Instant BEGIN = Instant.parse("2021-02-03T04:05:06.123456789Z");

    /** Stored by Axon and read by us. */
    @EventType("account.moved")
    @Revision("2")
    record Moved(String account, long cents) implements Event {
        @Override
        public StreamId streamId() {
            return StreamId.of("Account-" + account);
        }
    }

    /** Without a revision. */
    @EventType("account.closed")
    record Closed(String account) implements Event {
        @Override
        public StreamId streamId() {
            return StreamId.of("Account-" + account);
        }
    }

    /** As the JPA engine names it, with the naming strategy of Spring Boot. */
    private static final EventSchema LIKE_JPA = EventSchema.builder()
            .eventTable("domain_event_entry")
            .snapshotTable("snapshot_event_entry")
            .globalIndexColumn("global_index")
            .timestampColumn("time_stamp")
            .eventIdentifierColumn("event_identifier")
            .aggregateIdentifierColumn("aggregate_identifier")
            .sequenceNumberColumn("sequence_number")
            .payloadTypeColumn("payload_type")
            .payloadRevisionColumn("payload_revision")
            .metaDataColumn("meta_data")
            .build();

    @TempDir
    Path folder;

    private final JdbcConnectionPool axonDatabase = pool();
    private final JdbcConnectionPool ours = pool();

    private static JdbcConnectionPool pool() {
        return JdbcConnectionPool.create("jdbc:h2:mem:" + UUID.randomUUID() + ";DB_CLOSE_DELAY=-1", "sa", "");
    }

    @BeforeEach
    void createTables() {
        JdbcSchema.in(ours).create();
    }

    @AfterEach
    void close() {
        axonDatabase.dispose();
        ours.dispose();
    }

    private JdbcEventStorageEngine engine(Serializer serializer, EventSchema schema) throws SQLException {
        JdbcEventStorageEngine engine = JdbcEventStorageEngine.builder()
                .eventSerializer(serializer)
                .snapshotSerializer(serializer)
                .schema(schema)
                .transactionManager(NoTransactionManager.INSTANCE)
                .connectionProvider(axonDatabase::getConnection)
                .build();
        engine.createSchema(MySqlEventTableFactory.INSTANCE);
        return engine;
    }

    static DomainEventMessage<?> message(String account, long sequence, Object event) {
        return new GenericDomainEventMessage<>(
                "Account",
                account,
                sequence,
                new GenericMessage<>(
                        UUID.nameUUIDFromBytes((account + sequence).getBytes(StandardCharsets.UTF_8))
                                .toString(),
                        event,
                        MetaData.with("correlationId", "c-" + account).and("attempt", 3)),
                () -> BEGIN.plusSeconds(sequence));
    }

    /** Interleaved, so that the order over all aggregates is not that of one after the other. */
    static void write(EventStorageEngine engine, int aggregates) {
        for (int sequence = 0; sequence < 3; sequence++) {
            List<DomainEventMessage<?>> messages = new ArrayList<>();
            for (int i = 0; i < aggregates; i++) {
                String account = "a" + i;
                if (sequence <= i % 3) {
                    messages.add(message(
                            account,
                            sequence,
                            sequence == 2 ? new Closed(account) : new Moved(account, 100L * i + sequence)));
                }
                if (messages.size() == 500) {
                    engine.appendEvents(messages);
                    messages.clear();
                }
            }
            engine.appendEvents(messages);
        }
    }

    private static String fold(String state, Object event) {
        return event instanceof Moved moved ? state + "+" + moved.cents() : state + "closed";
    }

    private static String foldByAxon(EventStorageEngine engine, String account) {
        String state = "";
        DomainEventStream events = engine.readEvents(account);
        while (events.hasNext()) {
            state = fold(state, events.next().getPayload());
        }
        return state;
    }

    private void assertFoldsAreEqual(EventStorageEngine engine, int aggregates) {
        assertFoldsAreEqual(engine, ours, aggregates);
    }

    /** That each aggregate folds to the same by Axon, from its tables, as here. */
    static void assertFoldsAreEqual(EventStorageEngine engine, DataSource ours, int aggregates) {
        EventStore store =
                JdbcDatabase.of(ours).eventStore(new JacksonEventSerializer(EventTypes.of(Moved.class, Closed.class)));
        for (int i = 0; i < aggregates; i++) {
            String account = "a" + i;
            String state = store.readStream(StreamId.of("Account-" + account), Event.class)
                    .fold("", Axon4ExportTest::fold);
            assertThat(state).isEqualTo(foldByAxon(engine, account)).isNotEmpty();
        }
    }

    @Test
    void ten_thousand_aggregates_in_json_fold_as_axon_folds_them() throws SQLException {
        JdbcEventStorageEngine engine = engine(
                JacksonSerializer.defaultSerializer(), EventSchema.builder().build());
        write(engine, AGGREGATES);
        Path file = folder.resolve("axon.jsonl");

        // tag::axon4
        AxonEvents events = AxonEvents.ofAxon4(axonDatabase, "DomainEventEntry")
                .type(Moved.class.getName(), "2", "account.moved")
                .type(Closed.class.getName(), "account.closed")
                .build();
        AxonReport report = events.dryRun(); // what has no mapping
        EventExport.from(events).toFile(file);
        TransferResult result =
                EventImport.into(JdbcDatabase.of(ours).storedLog()).restore(file);
        // end::axon4

        assertThat(report.isComplete()).as(report.toString()).isTrue();
        assertThat(report.types())
                .containsEntry(Moved.class.getName() + ", revision 2 -> account.moved", 16_666L)
                .containsEntry(Closed.class.getName() + " -> account.closed", 3_333L);
        assertThat(result.written()).isEqualTo(19_999);
        assertFoldsAreEqual(engine, AGGREGATES);
        RecordedEvent<Event> first = JdbcDatabase.of(ours)
                .eventStore(new JacksonEventSerializer(EventTypes.of(Moved.class, Closed.class)))
                .readStream(StreamId.of("Account-a0"), Event.class)
                .iterator()
                .next();
        assertThat(first.version()).isEqualTo(StreamVersion.of(1));
        assertThat(first.position()).isEqualTo(GlobalPosition.of(1));
        assertThat(first.id()).isEqualTo(UUID.nameUUIDFromBytes("a00".getBytes(StandardCharsets.UTF_8)));
        assertThat(first.recordedAt()).isEqualTo(BEGIN.truncatedTo(ChronoUnit.MILLIS)); // as Axon stores it
        assertThat(first.metadata().entries())
                .containsEntry("correlationId", "c-a0")
                .containsEntry("attempt", "3");
    }

    @Test
    void xml_is_converted_by_what_the_user_gives() throws SQLException {
        XStream xStream = new XStream();
        xStream.allowTypesByWildcard(new String[] {"io.eventcore.benchmarks.**", "org.axonframework.**"});
        XStreamSerializer serializer =
                XStreamSerializer.builder().xStream(xStream).build();
        JdbcEventStorageEngine engine = engine(serializer, LIKE_JPA);
        engine.appendEvents(List.of(message("a0", 0, new XmlMoved("a0", 7)), message("a0", 1, new XmlMoved("a0", 8))));
        Path file = folder.resolve("axon.jsonl");

        // tag::xml
        AxonEvents events = AxonEvents.ofAxon4(axonDatabase, "domain_event_entry")
                .type(XmlMoved.class.getName(), "account.moved")
                .payload(event -> toJson((XmlMoved) xStream.fromXML(text(event.payload()))))
                .metadata(event -> textsOf((Map<?, ?>) xStream.fromXML(text(event.metadata()))))
                .build();
        // end::xml
        EventExport.from(events).toFile(file);
        EventImport.into(JdbcDatabase.of(ours).storedLog()).append(file);

        EventStore store = JdbcDatabase.of(ours).eventStore(new JacksonEventSerializer(EventTypes.of(Moved.class)));
        assertThat(store.readStream(StreamId.of("Account-a0"), Moved.class).stream()
                        .map(RecordedEvent::event))
                .containsExactly(new Moved("a0", 7), new Moved("a0", 8));
        assertThat(store.readStream(StreamId.of("Account-a0"), Moved.class)
                        .iterator()
                        .next()
                        .metadata()
                        .correlationId())
                .contains("c-a0");
    }

    /** XStream does not write records. */
    static final class XmlMoved {
        private final String account;
        private final long cents;

        XmlMoved(String account, long cents) {
            this.account = account;
            this.cents = cents;
        }
    }

    private static byte[] toJson(XmlMoved moved) {
        return "{\"account\":\"%s\",\"cents\":%d}"
                .formatted(moved.account, moved.cents)
                .getBytes(StandardCharsets.UTF_8);
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private static Map<String, String> textsOf(Map<?, ?> metadata) {
        return metadata.entrySet().stream()
                .collect(Collectors.toMap(
                        entry -> String.valueOf(entry.getKey()), entry -> String.valueOf(entry.getValue())));
    }

    @Test
    void a_dry_run_names_what_has_no_mapping_and_an_export_refuses_it() throws SQLException {
        JdbcEventStorageEngine engine = engine(JacksonSerializer.defaultSerializer(), LIKE_JPA);
        write(engine, 9);
        engine.appendEvents(List.of(message("a*", 0, new Moved("a*", 1))));
        AxonEvents events = AxonEvents.ofAxon4(axonDatabase, "domain_event_entry")
                .type(Moved.class.getName(), "2", "account.moved")
                .build();

        AxonReport report = events.dryRun();

        assertThat(report.isComplete()).isFalse();
        assertThat(report.events()).isEqualTo(19);
        assertThat(report.refused()).isEqualTo(4);
        assertThat(report.unmappedTypes()).containsExactly(Closed.class.getName());
        assertThat(report.problems()).anyMatch(problem -> problem.contains("must not contain any of"));
        assertThatExceptionOfType(TransferRefusedException.class)
                .isThrownBy(() -> EventExport.from(events).toFile(folder.resolve("refused.jsonl")))
                .withMessageContaining(Closed.class.getName());
        assertThat(folder.resolve("refused.jsonl")).doesNotExist();
    }

    @Test
    void an_identifier_that_is_no_uuid_is_kept_and_gets_one() throws SQLException {
        JdbcEventStorageEngine engine = engine(JacksonSerializer.defaultSerializer(), LIKE_JPA);
        engine.appendEvents(List.of(new GenericDomainEventMessage<>(
                "Account",
                "a1",
                0,
                new GenericMessage<>("evt-1", new Moved("a1", 1), MetaData.emptyInstance()),
                () -> BEGIN)));
        Path file = folder.resolve("axon.jsonl");
        EventExport.from(
                        AxonEvents.ofAxon4(axonDatabase, "domain_event_entry")
                                .type(Moved.class.getName(), "account.moved")
                                .stream(event -> "account/" + event.aggregateIdentifier())
                                .build())
                .toFile(file);
        EventImport.into(JdbcDatabase.of(ours).storedLog()).restore(file);

        RecordedEvent<Event> stored = JdbcDatabase.of(ours)
                .eventStore(new JacksonEventSerializer(EventTypes.of(Moved.class)))
                .readStream(StreamId.of("account/a1"), Event.class)
                .iterator()
                .next();
        assertThat(stored.metadata().entry(AxonEvents.AXON_IDENTIFIER)).contains("evt-1");
    }

    @Test
    void no_message_quotes_what_a_converter_says() throws SQLException {
        JdbcEventStorageEngine engine = engine(JacksonSerializer.defaultSerializer(), LIKE_JPA);
        write(engine, 1);
        AxonReport report = AxonEvents.ofAxon4(axonDatabase, "domain_event_entry")
                .type(Moved.class.getName(), "account.moved")
                .payload(Axon4ExportTest::fail)
                .build()
                .dryRun();

        assertThat(report.problems()).hasSize(1).noneMatch(problem -> problem.contains("s3cr3t"));
    }

    private static byte[] fail(AxonEvent event) {
        throw new IllegalStateException("s3cr3t " + event.globalIndex());
    }

    @Test
    void a_table_that_is_not_there_is_named() {
        AxonEvents events = AxonEvents.ofAxon4(axonDatabase, "nowhere").build();

        assertThatExceptionOfType(EventStoreUnavailableException.class)
                .isThrownBy(events::dryRun)
                .withMessageContaining("nowhere");
    }
}
