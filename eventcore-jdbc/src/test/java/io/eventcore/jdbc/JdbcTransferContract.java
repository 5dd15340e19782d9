package io.eventcore.jdbc;

import static io.eventcore.ExpectedVersion.any;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.eventcore.Event;
import io.eventcore.EventDeserializationException;
import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.EventStore;
import io.eventcore.EventStoreException;
import io.eventcore.EventType;
import io.eventcore.GlobalPosition;
import io.eventcore.PersonalData;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.StreamWrites;
import io.eventcore.jdbc.SchemaException.Problem;
import io.eventcore.personaldata.MasterKeys;
import io.eventcore.personaldata.PersonalDataProtection;
import io.eventcore.personaldata.SubjectKeyStore;
import io.eventcore.projection.ProjectionPartition;
import io.eventcore.serialization.EventJson;
import io.eventcore.serialization.EventTypes;
import io.eventcore.serialization.JacksonEventSerializer;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import io.eventcore.transfer.EventExport;
import io.eventcore.transfer.EventImport;
import io.eventcore.transfer.ExportedEvent;
import io.eventcore.transfer.StoredLog;
import io.eventcore.transfer.TransferConflictException;
import io.eventcore.transfer.TransferFileException;
import io.eventcore.transfer.TransferRefusedException;
import io.eventcore.transfer.TransferResult;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DelegatingDataSource;

/** What exports and imports of databases keep besides. */
abstract class JdbcTransferContract extends TransferContract {
    private final TestDatabase database;

    JdbcTransferContract(TestDatabase database) {
        this.database = database;
    }

    private static StoredLog log(DataSource dataSource, String prefix) {
        return JdbcDatabase.builder(dataSource)
                .tablePrefix(prefix)
                .acceptUnfinishedImport()
                .build()
                .storedLog();
    }

    @Override
    Place empty() {
        return place(database.newTables());
    }

    private Place place(String prefix) {
        return new Place() {
            @Override
            public EventStore store() {
                return database.store(prefix);
            }

            @Override
            public StoredLog log() {
                return JdbcTransferContract.log(database.ownersDataSource(), prefix);
            }
        };
    }

    private Path exported(int events) {
        Path file = folder.resolve("given.jsonl.gz");
        EventExport.from(new GivenEvents(plain(events))).toFile(file);
        return file;
    }

    @Test
    void until_a_restore_has_ended_no_store_starts_and_those_that_run_neither_append_nor_see_how_far_the_log_goes() {
        String prefix = database.newTables();
        EventStore running = database.store(prefix);
        Path file = exported(1_500);

        assertThatExceptionOfType(IllegalStateException.class)
                .isThrownBy(() -> EventImport.into(place(prefix).log()).restore(file, progress -> {
                    if (progress.events() == 1_000 && progress.step().name().equals("IMPORT")) {
                        throw new IllegalStateException("interrupted");
                    }
                }));

        assertThatExceptionOfType(SchemaException.class)
                .isThrownBy(() -> database.store(prefix))
                .satisfies(refused -> assertThat(refused.problem()).isEqualTo(Problem.UNFINISHED_IMPORT));
        StreamId other = StreamId.of("other");
        assertThatExceptionOfType(EventStoreException.class)
                .isThrownBy(() -> running.appendEvents(StreamWrites.to(other, any(), new Deposited(other, 1))));
        assertThatExceptionOfType(EventStoreException.class)
                .isThrownBy(() -> running.readEvents(EventFilter.all(), EventPage.first(5_000), Event.class));

        EventImport.into(place(prefix).log()).restore(file);
        running.appendEvents(StreamWrites.to(other, any(), new Deposited(other, 1)));
        assertThat(running.readEvents(EventFilter.all(), EventPage.first(5_000), Event.class)
                        .events())
                .hasSize(1_501);
    }

    @EventType("transfer.met")
    record Met(
            String person, @PersonalData(subject = "person") String name) implements Event {}

    private SubjectKeyStore keys(String prefix) {
        return TestDatabase.jdbc(database.dataSource(), prefix).subjectKeyStore(MasterKeys.of("test", new byte[32]));
    }

    private EventStore persons(String prefix) {
        return TestDatabase.jdbc(database.dataSource(), prefix)
                .eventStore(new JacksonEventSerializer(
                        EventTypes.of(Met.class),
                        EventJson.builder().build(),
                        PersonalDataProtection.of(keys(prefix))));
    }

    @Test
    void personal_data_whose_key_is_not_there_is_refused_before_anything_is_stored() {
        String from = database.newTables();
        EventStore store = persons(from);
        for (int i = 0; i < 200; i++) {
            StreamId stream = StreamId.of("person-" + i % 40);
            store.appendEvents(StreamWrites.to(stream, any(), new Met("p-" + i % 40, "name " + i % 40)));
        }
        Path file = folder.resolve("persons.jsonl");
        EventExport.from(place(from).log()).toFile(file);
        for (boolean restores : List.of(true, false)) {
            String to = database.newTables();
            EventImport importing = EventImport.into(place(to).log());
            ThrowingCallable transfer = () -> {
                TransferResult result = restores ? importing.restore(file) : importing.append(file);
                assertThat(result.written()).isEqualTo(200);
            };

            assertThatExceptionOfType(TransferFileException.class)
                    .isThrownBy(transfer)
                    .withMessageContaining("Line 2")
                    .withMessageContaining("person-0")
                    .withMessageContaining("eventcore_subject_key");

            assertThat(place(to).store().lastPosition()).isEqualTo(GlobalPosition.START);
            copyKeys(from, to, " WHERE subject <> '" + SubjectKeyStore.hash("p-39") + "'");
            assertThatExceptionOfType(TransferFileException.class)
                    .isThrownBy(transfer)
                    .withMessageContaining("Line 41");
            copyKeys(from, to, " WHERE subject = '" + SubjectKeyStore.hash("p-39") + "'");
            assertThatCode(transfer).doesNotThrowAnyException();
            assertThat(persons(to).readStream(StreamId.of("person-39"), Met.class).stream())
                    .extracting(met -> met.event().name())
                    .containsOnly("name 39");
        }
        String later = database.newTables();
        EventImport.into(place(later).log()).keysComeLater().restore(file);
        assertThatExceptionOfType(EventDeserializationException.class)
                .isThrownBy(() -> persons(later).readStream(StreamId.of("person-1"), Met.class).stream()
                        .toList());
    }

    private void copyKeys(String from, String to, String which) {
        JdbcClient.create(database.ownersDataSource())
                .sql("INSERT INTO " + to + "subject_key SELECT * FROM " + from + "subject_key" + which)
                .update();
    }

    @Test
    void a_store_that_another_transaction_is_writing_to_is_not_restored() throws Exception {
        String prefix = database.newTables();
        StreamId other = StreamId.of("other");
        try (Connection writer = database.dataSource().getConnection();
                Connection owner = database.ownersDataSource().getConnection()) {
            writer.setAutoCommit(false);
            Dialect dialect = Dialect.of(writer, new TableNames("", prefix));
            dialect.appends()
                    .appendJoined(
                            writer,
                            io.eventcore.serialization.internal.SerializedAppend.of(
                                    StreamWrites.to(other, any(), new Deposited(other, 1)),
                                    new io.eventcore.serialization.JacksonEventSerializer(
                                            io.eventcore.test.contract.LedgerEvent.types()),
                                    io.eventcore.AppendLimits.defaults()));
            try {
                impatient(owner);
                DataSource one = new org.springframework.jdbc.datasource.SingleConnectionDataSource(owner, true);
                assertThatExceptionOfType(TransferRefusedException.class)
                        .isThrownBy(() -> EventImport.into(log(one, prefix)).restore(exported(10)))
                        .withMessageContaining("Other transactions");
            } finally {
                patient(owner);
                writer.rollback();
                writer.setAutoCommit(true);
            }
        }
        place(prefix).store().appendEvents(StreamWrites.to(other, any(), new Deposited(other, 1)));
    }

    private void impatient(Connection connection) throws Exception {
        try (var statement = connection.createStatement()) {
            statement.execute(database.impatience());
        }
    }

    private void patient(Connection connection) throws Exception {
        try (var statement = connection.createStatement()) {
            statement.execute(database.patience());
        }
    }

    @Test
    void the_application_and_a_reader_may_not_import_in_place_and_change_nothing() {
        String prefix = database.newTables();
        Path file = exported(10);
        for (DataSource user : new DataSource[] {database.dataSource(), database.readersDataSource()}) {
            assertThatExceptionOfType(TransferRefusedException.class)
                    .isThrownBy(() -> EventImport.into(log(user, prefix)).restore(file))
                    .withMessageContaining("owner");
        }
        EventImport.into(place(prefix).log()).restore(file);
    }

    @Test
    void what_has_begun_in_an_empty_store_is_not_told_the_history_as_news_unless_it_is_meant_to() {
        String prefix = database.newTables();
        Path file = exported(10);
        database.projectionStore(prefix).register("bonuses", 1, 1, GlobalPosition.START);
        database.projectionStore(prefix).register("mails", ProjectionPartition.SIDE_EFFECTS, 1, GlobalPosition.START);

        assertThatExceptionOfType(TransferRefusedException.class)
                .isThrownBy(() -> EventImport.into(place(prefix).log()).restore(file))
                .withMessageContaining("would reach bonuses, the side effects of mails,")
                .withMessageContaining("delete their rows");
        assertThat(place(prefix).store().lastPosition()).isEqualTo(GlobalPosition.START);

        EventImport shown = EventImport.into(place(prefix).log()).shownToAll();
        assertThat(shown.restore(file).written()).isEqualTo(10);
        assertThat(EventImport.into(place(prefix).log()).restore(file).written())
                .as("what is there already is news to none")
                .isZero();
    }

    @Test
    void what_begins_while_a_store_is_filled_keeps_it_closed_until_that_is_meant() {
        String prefix = database.newTables();
        Path file = exported(10);
        JdbcProjectionStore running = database.projectionStore(prefix);

        assertThatExceptionOfType(TransferRefusedException.class)
                .isThrownBy(() -> EventImport.into(place(prefix).log()).restore(file, progress -> {
                    if (progress.step().name().equals("VERIFY")) {
                        running.register("mails", ProjectionPartition.SIDE_EFFECTS, 1, GlobalPosition.START);
                    }
                }))
                .withMessageContaining("the side effects of mails");

        assertThatExceptionOfType(SchemaException.class).isThrownBy(() -> database.store(prefix));
        EventImport.into(place(prefix).log()).shownToAll().restore(file);
        assertThat(database.store(prefix).lastPosition().value()).isEqualTo(10);
    }

    @Test
    void side_effects_are_not_told_what_is_appended_as_news_and_projections_are() {
        String prefix = database.newTables();
        Path file = exported(10);
        database.projectionStore(prefix).register("carts", 1, 1, GlobalPosition.START);
        assertThat(EventImport.into(place(prefix).log()).append(file).written()).isEqualTo(10);

        database.projectionStore(prefix).register("carts", ProjectionPartition.SIDE_EFFECTS, 1, GlobalPosition.START);
        assertThatExceptionOfType(TransferRefusedException.class)
                .isThrownBy(() -> EventImport.into(place(prefix).log()).append(file))
                .withMessageContaining("the side effects of carts");
        assertThat(EventImport.into(place(prefix).log())
                        .shownToAll()
                        .append(file)
                        .written())
                .isZero();
    }

    @Test
    void a_reader_exports() {
        String prefix = database.newTables();
        EventImport.into(place(prefix).log()).restore(exported(10));

        assertThat(EventExport.from(log(database.readersDataSource(), prefix))
                        .toFile(folder.resolve("read.jsonl"))
                        .events())
                .isEqualTo(10);
    }

    @Test
    void what_is_moved_through_all_other_stores_and_back_is_the_same() throws Exception {
        Path first = folder.resolve("first.jsonl");
        Path second = folder.resolve("second.jsonl");
        Path third = folder.resolve("third.jsonl");
        EventExport.from(new GivenEvents(hostile())).toFile(first);
        String inH2 = H2Database.INSTANCE.newTables();
        StoredLog h2 = log(H2Database.INSTANCE.ownersDataSource(), inH2);
        EventImport.into(h2).restore(first);
        EventExport.from(h2).toFile(second);
        Place here = empty();
        EventImport.into(here.log()).restore(second);
        EventExport.from(here.log()).toFile(third);

        assertThat(third).hasSameBinaryContentAs(first);
        assertThat(second).hasSameBinaryContentAs(first);
    }

    private void assertAppendsNothing(EventStore running) {
        StreamId other = StreamId.of("other");
        assertThatExceptionOfType(EventStoreException.class)
                .isThrownBy(() -> running.appendEvents(StreamWrites.to(other, any(), new Deposited(other, 1))));
    }

    @Test
    void the_script_that_runs_again_leaves_a_store_closed_that_is_being_filled() throws Exception {
        String prefix = database.newTables();
        EventStore running = database.store(prefix);
        // Its first position is not the one that an append would be given.
        Path file = folder.resolve("hostile.jsonl");
        TransferResult exported = EventExport.from(new GivenEvents(hostile())).toFile(file);
        JdbcSchema schema = JdbcSchema.in(database.ownersDataSource(), "", prefix);
        StoredLog log = place(prefix).log();

        log.beginRestore(exported.lastPosition());
        database.runScript(schema.script());
        assertAppendsNothing(running);
        log.restore(GlobalPosition.START, hostile().subList(0, 30));
        database.runScript(schema.script());
        assertAppendsNothing(running);
        assertThatExceptionOfType(SchemaException.class)
                .isThrownBy(schema::create)
                .satisfies(refused -> assertThat(refused.problem()).isEqualTo(Problem.UNFINISHED_IMPORT));

        EventImport.into(place(prefix).log()).restore(file);
        Path again = folder.resolve("again.jsonl");
        EventExport.from(place(prefix).log()).toFile(again);
        assertThat(again).hasSameBinaryContentAs(file);
        database.runScript(schema.script());
        running.appendEvents(StreamWrites.to(StreamId.of("other"), any(), new Deposited(StreamId.of("other"), 1)));
        assertThat(running.lastPosition()).isEqualTo(GlobalPosition.of(98));
    }

    @Test
    void an_import_whose_begin_is_rolled_back_leaves_the_store_open() {
        String prefix = database.newTables();
        EventStore running = database.store(prefix);
        Path file = exported(10);
        RolledBack owner = new RolledBack(database.ownersDataSource());
        StoredLog log = log(owner, prefix);

        owner.rollBack = true;
        assertThatExceptionOfType(EventStoreException.class)
                .isThrownBy(() -> EventImport.into(log).restore(file));

        StreamId other = StreamId.of("other");
        running.appendEvents(StreamWrites.to(other, any(), new Deposited(other, 1)));
        assertThat(database.store(prefix).lastPosition()).isEqualTo(running.lastPosition());
    }

    @Test
    void an_import_whose_end_is_rolled_back_leaves_the_store_closed_until_it_is_repeated() {
        String prefix = database.newTables();
        EventStore running = database.store(prefix);
        Path file = exported(1_500);
        RolledBack owner = new RolledBack(database.ownersDataSource());
        StoredLog log = log(owner, prefix);

        assertThatExceptionOfType(EventStoreException.class)
                .isThrownBy(() -> EventImport.into(log).restore(file, progress -> {
                    owner.rollBack |= progress.step().name().equals("VERIFY");
                }));
        assertThat(owner.rolledBack).isEqualTo(1);
        assertAppendsNothing(running);
        assertThatExceptionOfType(SchemaException.class).isThrownBy(() -> database.store(prefix));

        owner.rollBack = false;
        assertThat(EventImport.into(log).restore(file).written()).isZero();
        StreamId other = StreamId.of("other");
        running.appendEvents(StreamWrites.to(other, any(), new Deposited(other, 1)));
        assertThat(running.lastPosition()).isEqualTo(GlobalPosition.of(1_501));
    }

    @Test
    void where_ids_are_kept_unique_one_that_stands_twice_is_refused_before_anything_of_its_chunk_is_stored() {
        String prefix = database.newTables();
        JdbcSchema.in(database.ownersDataSource(), "", prefix)
                .with(OptionalIndex.EVENT_ID)
                .create();
        List<ExportedEvent> events = new ArrayList<>(plain(60));
        ExportedEvent e = events.get(55);
        events.set(
                55,
                ExportedEvent.of(
                        e.position(),
                        e.streamId(),
                        e.version(),
                        events.get(7).id(),
                        e.typeName(),
                        e.recordedAt(),
                        e.metadata(),
                        e.payload()));
        Path twice = folder.resolve("twice.jsonl");
        EventExport.from(new GivenEvents(events)).toFile(twice);
        for (int i = 0; i < 2; i++) {
            EventImport into = EventImport.into(place(prefix).log());
            boolean restore = i == 0;
            assertThatExceptionOfType(TransferFileException.class)
                    .isThrownBy(() -> {
                        if (restore) {
                            into.restore(twice);
                        } else {
                            into.append(twice);
                        }
                    })
                    .withMessageContaining("keeps ids unique")
                    .satisfies(refused -> assertThat(refused.line()).isEqualTo(57));
        }

        Path first = folder.resolve("first.jsonl");
        EventExport.from(new GivenEvents(plain(8))).toFile(first);
        EventImport.into(place(prefix).log()).append(first);
        Path inStore = folder.resolve("in-store.jsonl");
        EventExport.from(new GivenEvents(List.of(
                        events.get(8),
                        ExportedEvent.of(
                                GlobalPosition.of(10),
                                StreamId.of("elsewhere"),
                                StreamVersion.of(1),
                                events.get(7).id(),
                                e.typeName(),
                                e.recordedAt(),
                                e.metadata(),
                                e.payload()))))
                .toFile(inStore);
        assertThatExceptionOfType(TransferConflictException.class)
                .isThrownBy(() -> EventImport.into(place(prefix).log()).append(inStore))
                .withMessageContaining("Line 3: Stream 'elsewhere', version 1: another event, at position");
        assertThat(place(prefix).log().read(GlobalPosition.START, GlobalPosition.of(1_000), 1_000))
                .hasSize(8);
    }

    /** Connections whose commits are rolled back while a test says so, as where a process dies right before. */
    private static final class RolledBack extends DelegatingDataSource {
        private boolean rollBack;
        private int rolledBack;

        RolledBack(DataSource target) {
            super(target);
        }

        @Override
        public Connection getConnection() throws SQLException {
            Connection connection = super.getConnection();
            return proxy(Connection.class, connection, connection);
        }

        /** An engine commits by a call of the connection, or by a statement. */
        private <T> T proxy(Class<T> type, T target, Connection connection) {
            return type.cast(Proxy.newProxyInstance(
                    RolledBack.class.getClassLoader(), new Class<?>[] {type}, (proxy, method, arguments) -> {
                        boolean commit = method.getName().equals("commit")
                                || (method.getName().equals("execute") && "COMMIT".equals(arguments[0]));
                        if (rollBack && commit) {
                            rolledBack++;
                            try (Statement rollback = connection.createStatement()) {
                                rollback.execute("ROLLBACK");
                            }
                            throw new SQLException("rolled back", "40000");
                        }
                        try {
                            Object result = method.invoke(target, arguments);
                            return method.getName().equals("createStatement")
                                    ? proxy(Statement.class, (Statement) result, connection)
                                    : result;
                        } catch (InvocationTargetException e) {
                            throw e.getCause();
                        }
                    }));
        }
    }

    @Test
    void two_imports_into_one_store_do_not_mix() {
        String prefix = database.newTables();
        Path file = exported(3_000);
        Path other = folder.resolve("hostile.jsonl");
        EventExport.from(new GivenEvents(hostile())).toFile(other);

        assertThatExceptionOfType(TransferRefusedException.class)
                .isThrownBy(() -> EventImport.into(place(prefix).log()).restore(file, progress -> {
                    if (progress.step().name().equals("IMPORT") && progress.events() == 1_000) {
                        EventImport.into(place(prefix).log()).restore(file);
                    }
                }))
                .withMessageContaining("has ended this one");

        assertThat(place(prefix).store().lastPosition().value()).isEqualTo(3_000);
    }
}
