package io.eventcore.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.eventcore.Event;
import io.eventcore.EventDeserializationException;
import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.EventStore;
import io.eventcore.EventStoreUnavailableException;
import io.eventcore.EventType;
import io.eventcore.ExpectedVersion;
import io.eventcore.PersonalData;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.SubjectErasedException;
import io.eventcore.TransientEventStoreException;
import io.eventcore.command.Command;
import io.eventcore.command.CommandContext;
import io.eventcore.command.CommandExecutor;
import io.eventcore.command.CommandId;
import io.eventcore.command.Stream;
import io.eventcore.personaldata.KeyWrapping;
import io.eventcore.personaldata.MasterKeys;
import io.eventcore.personaldata.PersonalDataEraser;
import io.eventcore.personaldata.PersonalDataException;
import io.eventcore.personaldata.PersonalDataProtection;
import io.eventcore.personaldata.SubjectErased;
import io.eventcore.projection.FailureDecision;
import io.eventcore.projection.Projection;
import io.eventcore.projection.ProjectionRunner;
import io.eventcore.serialization.EventJson;
import io.eventcore.serialization.EventTypes;
import io.eventcore.serialization.JacksonEventSerializer;
import io.eventcore.snapshot.Snapshot;
import io.eventcore.snapshot.SnapshotListener;
import io.eventcore.snapshot.SnapshotSettings;
import io.eventcore.test.contract.Eventually;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.postgresql.ds.PGSimpleDataSource;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.PlatformTransactionManager;

/** Looks for a person in all that is left of one. */
class PersonalDataDumpTest {
    private static final String CANARY = "Zoë-Canary-4711";
    private static final StreamId STREAM = StreamId.of("customer-7");
    private static final MasterKeys MASTER_KEYS = MasterKeys.of("test", new byte[32]);

    @EventType("dump.registered")
    record Registered(
            StreamId streamId,
            String customer,
            @PersonalData(subject = "customer") String name) implements Event {}

    record State(String name) {}

    @Snapshot(name = "dump.rename", version = 1, afterEvents = 1)
    record Register(@Stream StreamId stream, String customer, String name) implements Command<State, Registered> {
        @Override
        public State initialState() {
            return new State("");
        }

        @Override
        public State apply(State state, Registered event) {
            return new State(event.name());
        }

        @Override
        public List<Registered> handle(State state, CommandContext context) {
            return List.of(new Registered(stream, customer, name));
        }
    }

    static List<TestDatabase> databases() {
        return List.of(H2Database.INSTANCE, PostgreSqlDatabase.INSTANCE);
    }

    private static JdbcEventStore store(JdbcDatabase jdbc, PersonalDataProtection protection) {
        return jdbc.eventStore(new JacksonEventSerializer(
                EventTypes.of(Registered.class), EventJson.builder().build(), protection));
    }

    @ParameterizedTest
    @MethodSource("databases")
    void nothing_of_an_erased_person_is_left(TestDatabase database) {
        Logger root = ((LoggerContext) LoggerFactory.getILoggerFactory()).getLogger("io.eventcore");
        Level before = root.getLevel();
        ListAppender<ILoggingEvent> lines = new ListAppender<>();
        lines.start();
        root.addAppender(lines);
        root.setLevel(Level.TRACE);
        String tables = database.newTables();
        List<Throwable> thrown = new CopyOnWriteArrayList<>();
        AtomicInteger dropped = new AtomicInteger();
        try {
            JdbcDatabase jdbc = TestDatabase.jdbc(database.dataSource(), tables);
            PersonalDataProtection protection = PersonalDataProtection.of(jdbc.subjectKeyStore(MASTER_KEYS));
            EventStore store = store(jdbc, protection);
            CommandExecutor commands = CommandExecutor.builder(store)
                    .executedCommands(jdbc.executedCommands())
                    .snapshots(
                            jdbc.snapshotStore(),
                            SnapshotSettings.defaults().withAfterEvents(1).withListener(new SnapshotListener() {
                                @Override
                                public void dropped(String commandType) {
                                    dropped.incrementAndGet();
                                }
                            }))
                    .build();
            for (int i = 0; i < 5; i++) {
                commands.execute(
                        new Register(STREAM, "c-1", CANARY),
                        CommandContext.empty().withCommandId(CommandId.of("test", "m-" + i)));
            }
            Projection<Event> parking = Projection.named("parking", Event.class)
                    .on(Registered.class, event -> {
                        IllegalStateException failure = new IllegalStateException(
                                "no such " + event.event().name());
                        thrown.add(failure);
                        throw failure;
                    })
                    .onError(failure -> FailureDecision.PARK)
                    .build();
            PlatformTransactionManager manager = database.timedTransactionManager();
            ProjectionRunner runner = ProjectionRunner.builder(store, jdbc.projectionStore())
                    .transactionManager(manager)
                    .projection(parking)
                    .build();
            runner.start();
            try {
                Eventually.until(
                        "the stream is parked",
                        () -> !runner.parkedStreams("parking").isEmpty());
            } finally {
                runner.stop();
            }

            PersonalDataEraser.of(store, protection).erase("c-1");
            assertThatThrownBy(() -> commands.execute(new Register(STREAM, "c-1", CANARY)))
                    .isInstanceOf(SubjectErasedException.class)
                    .satisfies(e -> assertClean(trace(e)));
        } finally {
            root.detachAppender(lines);
            root.setLevel(before);
        }

        assertThat(thrown).isNotEmpty();
        assertThat(dropped.get()).isPositive();
        assertClean(dump(database, tables));
        StringBuilder log = new StringBuilder();
        for (ILoggingEvent line : lines.list) {
            log.append(line.getFormattedMessage()).append('\n');
            if (line.getThrowableProxy() != null) {
                log.append(ch.qos.logback.classic.spi.ThrowableProxyUtil.asString(line.getThrowableProxy()));
            }
        }
        assertThat(log).isNotEmpty();
        assertClean(log.toString());
        assertThat(new JdbcTemplate(database.ownersDataSource())
                        .queryForObject("SELECT COUNT(*) FROM " + tables + "snapshot", Integer.class))
                .isZero();
    }

    private static String trace(Throwable e) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        e.printStackTrace(new PrintStream(out, true, StandardCharsets.UTF_8));
        return out.toString(StandardCharsets.UTF_8);
    }

    /** All rows of all tables of the store. */
    private static String dump(TestDatabase database, String tables) {
        JdbcTemplate jdbc = new JdbcTemplate(database.ownersDataSource());
        StringBuilder dump = new StringBuilder();
        List<String> names = List.of(
                "event",
                "stream",
                "command",
                "snapshot",
                "projection",
                "parked_stream",
                "deadline",
                "subject_key",
                "settings");
        for (String name : names) {
            for (Map<String, Object> row : jdbc.queryForList("SELECT * FROM " + tables + name)) {
                row.values().forEach(value -> dump.append(text(value)).append('\n'));
            }
        }
        assertThat(dump).contains("c-1", "[erased]");
        return dump.toString();
    }

    private static String text(Object value) {
        return value instanceof byte[] bytes ? HexFormat.of().formatHex(bytes) : String.valueOf(value);
    }

    /** Plain, escaped, and as bytes in hexadecimal digits or Base64, whatever stands before it. */
    private static void assertClean(String text) {
        String lower = text.toLowerCase(Locale.ROOT);
        for (String needle : List.of("Canary-4711", CANARY, "Zo\\u00eb-Canary", "Zo\\u00EB-Canary")) {
            assertThat(lower).doesNotContain(needle.toLowerCase(Locale.ROOT));
        }
        for (byte[] bytes : List.of(
                CANARY.getBytes(StandardCharsets.UTF_8),
                CANARY.getBytes(StandardCharsets.UTF_16LE),
                CANARY.getBytes(StandardCharsets.UTF_16BE),
                CANARY.getBytes(StandardCharsets.ISO_8859_1))) {
            assertThat(lower).doesNotContain(HexFormat.of().formatHex(bytes));
            for (int shift = 0; shift < 3; shift++) {
                byte[] shifted = new byte[bytes.length + shift];
                System.arraycopy(bytes, 0, shifted, shift, bytes.length);
                String base64 = Base64.getEncoder().withoutPadding().encodeToString(shifted);
                assertThat(text).doesNotContain(base64.substring(4, base64.length() - 2));
            }
        }
    }

    @Test
    void nothing_of_an_erased_person_is_in_the_heap_of_a_fresh_instance(@TempDir Path folder) throws Exception {
        PostgreSqlDatabase database = PostgreSqlDatabase.INSTANCE;
        String tables = database.newTables();
        JdbcDatabase jdbc = TestDatabase.jdbc(database.dataSource(), tables);
        EventStore store = HeapDumpNode.store(jdbc);
        for (int i = 0; i < 5; i++) {
            store.appendEvents(
                    StreamWrites.to(STREAM, ExpectedVersion.any(), new HeapDumpNode.Registered(STREAM, "c-1", CANARY)));
        }
        assertThat(isIn(heapOfAFreshInstance(database, tables, folder.resolve("before.hprof"))))
                .as("the search finds a person who is not erased")
                .isTrue();

        PersonalDataEraser.of(store, PersonalDataProtection.of(jdbc.subjectKeyStore(MASTER_KEYS)))
                .erase("c-1");

        assertThat(isIn(heapOfAFreshInstance(database, tables, folder.resolve("after.hprof"))))
                .isFalse();
    }

    private static byte[] heapOfAFreshInstance(PostgreSqlDatabase database, String tables, Path file)
            throws IOException, InterruptedException {
        PGSimpleDataSource app = database.unpooled(TestDatabase.APP);
        Process node = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx48m",
                        "-cp",
                        System.getProperty("java.class.path"),
                        HeapDumpNode.class.getName(),
                        app.getURL(),
                        String.valueOf(app.getUser()),
                        String.valueOf(app.getPassword()),
                        tables,
                        file.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .redirectOutput(ProcessBuilder.Redirect.INHERIT)
                .start();
        assertThat(node.waitFor()).isZero();
        return Files.readAllBytes(file);
    }

    /** Whether a person is found in the bytes of a heap, by the part of the name that is the same in every encoding of one byte. */
    private static boolean isIn(byte[] heap) {
        String found = "Canary-4711";
        List<byte[]> needles = new ArrayList<>(List.of(
                found.getBytes(StandardCharsets.UTF_8),
                found.getBytes(StandardCharsets.UTF_16LE),
                found.getBytes(StandardCharsets.UTF_16BE)));
        for (byte[] bytes : List.copyOf(needles)) {
            needles.add(HexFormat.of().formatHex(bytes).getBytes(StandardCharsets.ISO_8859_1));
            needles.add(HexFormat.of().withUpperCase().formatHex(bytes).getBytes(StandardCharsets.ISO_8859_1));
            for (int shift = 0; shift < 3; shift++) {
                byte[] shifted = new byte[bytes.length + shift];
                System.arraycopy(bytes, 0, shifted, shift, bytes.length);
                String base64 = Base64.getEncoder().withoutPadding().encodeToString(shifted);
                needles.add(base64.substring(4, base64.length() - 2).getBytes(StandardCharsets.ISO_8859_1));
            }
        }
        // One character for each byte, so that the search is that of the platform.
        String text = new String(heap, StandardCharsets.ISO_8859_1);
        return needles.stream().anyMatch(needle -> text.contains(new String(needle, StandardCharsets.ISO_8859_1)));
    }

    @ParameterizedTest
    @MethodSource("databases")
    void the_search_finds_a_person_who_is_stored_plain(TestDatabase database) {
        for (String hiding : List.of(
                "x" + CANARY,
                "Zo\\u00eb-Canary-4711",
                Base64.getEncoder().encodeToString(("{\"a\":\"" + CANARY + "\"}").getBytes(StandardCharsets.UTF_8)),
                HexFormat.of().formatHex(CANARY.getBytes(StandardCharsets.UTF_16BE)))) {
            assertThatThrownBy(() -> assertClean(hiding)).isInstanceOf(AssertionError.class);
        }
    }

    @ParameterizedTest
    @MethodSource("databases")
    void what_is_wrong_with_a_key_is_told_and_never_a_placeholder(TestDatabase database) {
        String tables = database.newTables();
        JdbcDatabase jdbc = TestDatabase.jdbc(database.dataSource(), tables);
        EventStore store = store(jdbc, PersonalDataProtection.of(jdbc.subjectKeyStore(MASTER_KEYS)));
        for (String customer : List.of("lost", "changed", "good")) {
            store.appendEvents(StreamWrites.to(
                    StreamId.of(customer), ExpectedVersion.any(), new Registered(STREAM, customer, "name")));
        }
        JdbcTemplate owner = new JdbcTemplate(database.ownersDataSource());
        String hash = io.eventcore.personaldata.SubjectKeyStore.hash("lost");
        assertThat(owner.update("DELETE FROM " + tables + "subject_key WHERE subject = ?", hash))
                .isEqualTo(1);
        owner.update(
                "UPDATE " + tables + "subject_key SET wrapped_key = (SELECT k.wrapped_key FROM " + tables
                        + "subject_key k WHERE k.subject = ?) WHERE subject = ?",
                io.eventcore.personaldata.SubjectKeyStore.hash("good"),
                io.eventcore.personaldata.SubjectKeyStore.hash("changed"));
        EventStore fresh = store(jdbc, PersonalDataProtection.of(jdbc.subjectKeyStore(MASTER_KEYS)));

        assertReason(fresh, "lost", PersonalDataException.Reason.KEY_LOST);
        assertReason(fresh, "changed", PersonalDataException.Reason.KEY_CHANGED);
        assertThat(names(fresh, "good")).containsExactly("name");
        assertThatThrownBy(() -> names(
                        store(
                                jdbc,
                                PersonalDataProtection.of(jdbc.subjectKeyStore(MasterKeys.of("new", new byte[32])))),
                        "good"))
                .isInstanceOf(EventStoreUnavailableException.class)
                .hasMessageContaining("'test'");
        assertThat(fresh.internals()
                        .readStored(EventFilter.all(), EventPage.first(10))
                        .events())
                .hasSize(3);
    }

    private static void assertReason(EventStore store, String stream, PersonalDataException.Reason reason) {
        assertThatThrownBy(() -> names(store, stream))
                .isInstanceOf(EventDeserializationException.class)
                .cause()
                .isInstanceOfSatisfying(
                        PersonalDataException.class, e -> assertThat(e.reason()).isEqualTo(reason));
    }

    private static List<String> names(EventStore store, String stream) {
        return store.readStream(StreamId.of(stream), Registered.class).stream()
                .map(RecordedEvent::event)
                .map(Registered::name)
                .toList();
    }

    @ParameterizedTest
    @MethodSource("databases")
    void a_projection_waits_for_the_keys_and_skips_nothing(TestDatabase database) {
        String tables = database.newTables();
        JdbcDatabase jdbc = TestDatabase.jdbc(database.dataSource(), tables);
        EventStore store = store(jdbc, PersonalDataProtection.of(jdbc.subjectKeyStore(MASTER_KEYS)));
        store.appendEvents(StreamWrites.to(STREAM, ExpectedVersion.any(), new Registered(STREAM, "c-1", "name")));
        AtomicInteger asked = new AtomicInteger();
        EventStore keyless = store(jdbc, PersonalDataProtection.of(jdbc.subjectKeyStore(new KeyWrapping() {
            @Override
            public WrappedKey wrap(byte[] key, byte[] context) {
                return MASTER_KEYS.wrap(key, context);
            }

            @Override
            public byte[] unwrap(WrappedKey wrapped, byte[] context) {
                asked.incrementAndGet();
                throw new TransientEventStoreException("the key management service is down", null);
            }

            @Override
            public String currentMasterKey() {
                return MASTER_KEYS.currentMasterKey();
            }
        })));
        List<String> applied = new CopyOnWriteArrayList<>();
        List<Throwable> decided = new ArrayList<>();
        Projection<Event> skipping = Projection.named("skipping", Event.class)
                .on(Registered.class, event -> applied.add(event.event().name()))
                .on(SubjectErased.class, event -> applied.add("erased"))
                .onError(failure -> {
                    decided.add(failure.cause());
                    return FailureDecision.SKIP;
                })
                .build();
        PlatformTransactionManager manager = database.timedTransactionManager();

        ProjectionRunner waiting = ProjectionRunner.builder(keyless, jdbc.projectionStore())
                .transactionManager(manager)
                .projection(skipping)
                .build();
        waiting.start();
        try {
            Eventually.until("it has asked for the key", () -> asked.get() > 3);
        } finally {
            waiting.stop();
        }
        assertThat(decided).isEmpty();
        assertThat(applied).isEmpty();

        ProjectionRunner running = ProjectionRunner.builder(store, jdbc.projectionStore())
                .transactionManager(manager)
                .projection(skipping)
                .build();
        running.start();
        try {
            Eventually.until("it is applied", () -> applied.equals(List.of("name")));
        } finally {
            running.stop();
        }
    }
}
