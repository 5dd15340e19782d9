package io.eventcore.benchmarks.axon5;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.Event;
import io.eventcore.EventStore;
import io.eventcore.EventType;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.jdbc.JdbcDatabase;
import io.eventcore.jdbc.JdbcSchema;
import io.eventcore.jdbc.axon.AxonEvents;
import io.eventcore.jdbc.axon.AxonReport;
import io.eventcore.serialization.EventTypes;
import io.eventcore.serialization.JacksonEventSerializer;
import io.eventcore.transfer.EventExport;
import io.eventcore.transfer.EventImport;
import io.eventcore.transfer.StoredLog;
import io.eventcore.transfer.TransferResult;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import jakarta.persistence.EntityManager;
import jakarta.persistence.EntityManagerFactory;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import javax.sql.DataSource;
import org.axonframework.conversion.json.JacksonConverter;
import org.axonframework.eventsourcing.eventstore.AggregateBasedConsistencyMarker;
import org.axonframework.eventsourcing.eventstore.AppendCondition;
import org.axonframework.eventsourcing.eventstore.ConsistencyMarker;
import org.axonframework.eventsourcing.eventstore.EventStorageEngine.AppendTransaction;
import org.axonframework.eventsourcing.eventstore.GenericTaggedEventMessage;
import org.axonframework.eventsourcing.eventstore.SourcingCondition;
import org.axonframework.eventsourcing.eventstore.TaggedEventMessage;
import org.axonframework.eventsourcing.eventstore.jpa.AggregateBasedJpaEventStorageEngine;
import org.axonframework.eventsourcing.eventstore.jpa.AggregateEventEntry;
import org.axonframework.messaging.core.MessageStream;
import org.axonframework.messaging.core.MessageType;
import org.axonframework.messaging.core.unitofwork.transaction.Transaction;
import org.axonframework.messaging.core.unitofwork.transaction.TransactionManager;
import org.axonframework.messaging.eventhandling.EventMessage;
import org.axonframework.messaging.eventhandling.GenericEventMessage;
import org.axonframework.messaging.eventhandling.conversion.DelegatingEventConverter;
import org.axonframework.messaging.eventstreaming.EventCriteria;
import org.axonframework.messaging.eventstreaming.Tag;
import org.h2.jdbcx.JdbcConnectionPool;
import org.hibernate.cfg.Configuration;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A table that the aggregate-based JPA engine of Axon Framework 5 has written is exported and imported. */
class Axon5ExportTest {
    private static final int AGGREGATES = 10_000;

    /** Stored by Axon and read by us. */
    @EventType("account.moved")
    record Moved(String account, long cents) implements Event {
        @Override
        public StreamId streamId() {
            return StreamId.of("Account-" + account);
        }
    }

    @TempDir
    Path folder;

    private final JdbcConnectionPool axonDatabase = pool();
    private final JdbcConnectionPool ours = pool();
    private @Nullable EntityManager current;

    private static JdbcConnectionPool pool() {
        return JdbcConnectionPool.create("jdbc:h2:mem:" + UUID.randomUUID() + ";DB_CLOSE_DELAY=-1", "sa", "");
    }

    @AfterEach
    void close() {
        axonDatabase.dispose();
        ours.dispose();
    }

    private AggregateBasedJpaEventStorageEngine engine(DataSource database, Map<String, String> hibernate) {
        Configuration configuration = new Configuration()
                .addAnnotatedClass(AggregateEventEntry.class)
                .setProperty("hibernate.hbm2ddl.auto", "create")
                // As Spring Boot names tables and columns.
                .setProperty(
                        "hibernate.physical_naming_strategy",
                        "org.hibernate.boot.model.naming.PhysicalNamingStrategySnakeCaseImpl")
                .setProperty("hibernate.jdbc.batch_size", "100");
        hibernate.forEach(configuration::setProperty);
        configuration.getProperties().put("hibernate.connection.datasource", database);
        EntityManagerFactory factory = configuration.buildSessionFactory();
        return new AggregateBasedJpaEventStorageEngine(
                this::entityManager,
                new OneTransaction(factory),
                new DelegatingEventConverter(new JacksonConverter()),
                settings -> settings.batchSize(100));
    }

    private EntityManager entityManager() {
        EntityManager manager = current;
        if (manager == null) {
            throw new IllegalStateException("no transaction");
        }
        // The engine closes what it is given; the transaction still needs it.
        return (EntityManager) Proxy.newProxyInstance(
                EntityManager.class.getClassLoader(),
                new Class<?>[] {EntityManager.class},
                (proxy, method, arguments) -> {
                    if (method.getName().equals("close")) {
                        return null;
                    }
                    try {
                        return method.invoke(manager, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    private final class OneTransaction implements TransactionManager {
        private final EntityManagerFactory factory;

        private OneTransaction(EntityManagerFactory factory) {
            this.factory = factory;
        }

        @Override
        public Transaction startTransaction() {
            if (current != null) {
                return new Ended(null);
            }
            EntityManager manager = factory.createEntityManager();
            manager.getTransaction().begin();
            current = manager;
            return new Ended(manager);
        }
    }

    /** Ends the transaction of its manager; one without a manager is ended by the outer one. */
    private final class Ended implements Transaction {
        private final @Nullable EntityManager manager;

        private Ended(@Nullable EntityManager manager) {
            this.manager = manager;
        }

        @Override
        public void commit() {
            if (manager != null) {
                manager.getTransaction().commit();
                end(manager);
            }
        }

        @Override
        public void rollback() {
            if (manager != null) {
                manager.getTransaction().rollback();
                end(manager);
            }
        }

        private void end(EntityManager ended) {
            current = null;
            ended.close();
        }
    }

    private static void append(AggregateBasedJpaEventStorageEngine engine, String account, long version) {
        ConsistencyMarker marker =
                version == 0 ? ConsistencyMarker.ORIGIN : new AggregateBasedConsistencyMarker(account, version - 1);
        List<TaggedEventMessage<?>> messages = new ArrayList<>();
        Moved moved = new Moved(account, 10 * account.hashCode() + version);
        messages.add(new GenericTaggedEventMessage<>(
                new GenericEventMessage(
                        new MessageType("account.moved", "1.0"), moved, Map.of("correlationId", "c-" + account)),
                Set.of(Tag.of("Account", account))));
        AppendCondition condition =
                AppendCondition.withCriteria(criteria(account)).withMarker(marker);
        commit(engine.appendEvents(condition, null, messages).join());
    }

    private static EventCriteria criteria(String account) {
        return EventCriteria.havingTags(Tag.of("Account", account));
    }

    private static <R> void commit(AppendTransaction<R> transaction) {
        transaction.afterCommit(transaction.commit(null).join(), null).join();
    }

    private static String foldByAxon(AggregateBasedJpaEventStorageEngine engine, String account) {
        JacksonConverter converter = new JacksonConverter();
        MessageStream<EventMessage> events = engine.source(SourcingCondition.conditionFor(criteria(account)), null);
        return events.reduce("", (state, entry) -> {
                    Moved moved =
                            entry.message().type() == null || entry.message().payload() == null
                                    ? null
                                    : converter.convert(entry.message().payload(), Moved.class);
                    return moved == null ? state : fold(state, moved);
                })
                .join();
    }

    private static String fold(String state, Moved moved) {
        return state + "+" + moved.cents();
    }

    private static void write(AggregateBasedJpaEventStorageEngine engine, int aggregates) {
        for (int version = 0; version < 2; version++) {
            for (int i = 0; i < aggregates; i++) {
                if (version <= i % 2) {
                    append(engine, "a" + i, version);
                }
            }
        }
    }

    private static void assertFoldsAreEqual(
            AggregateBasedJpaEventStorageEngine engine, EventStore store, int aggregates) {
        for (int i = 0; i < aggregates; i++) {
            String account = "a" + i;
            String state = store.readStream(StreamId.of("Account-" + account), Moved.class)
                    .fold("", Axon5ExportTest::fold);
            assertThat(state).isEqualTo(foldByAxon(engine, account)).isNotEmpty();
        }
    }

    @Test
    void on_postgresql_large_objects_and_bytes_are_read() throws IOException, SQLException {
        try (EmbeddedPostgres server = EmbeddedPostgres.builder()
                .setPGStartupWait(Duration.ofMinutes(2))
                .start()) {
            assertMoves(server, Map.of(), "oid");
            assertMoves(server, Map.of("hibernate.dialect", ByteaDialect.class.getName()), "bytea");
        }
    }

    private void assertMoves(EmbeddedPostgres server, Map<String, String> settings, String type) throws SQLException {
        try (Connection connection = server.getPostgresDatabase().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE DATABASE axon_" + type);
        }
        DataSource database = server.getDatabase("postgres", "axon_" + type);
        AggregateBasedJpaEventStorageEngine engine = engine(database, settings);
        write(engine, 500);
        try (Connection connection = database.getConnection();
                ResultSet columns =
                        connection.getMetaData().getColumns(null, null, "aggregate_event_entry", "payload")) {
            columns.next();
            assertThat(columns.getString("TYPE_NAME")).isEqualTo(type);
        }
        AxonEvents events = AxonEvents.ofAxon5(database, "aggregate_event_entry")
                .type("account.moved", "1.0", "account.moved")
                .build();
        Path file = folder.resolve(type + ".jsonl");

        EventExport.from(events).toFile(file);
        JdbcSchema.in(ours, "", type + "_").create();
        EventImport.into(log(type)).restore(file);

        EventStore store = JdbcDatabase.builder(ours)
                .tablePrefix(type + "_")
                .build()
                .eventStore(new JacksonEventSerializer(EventTypes.of(Moved.class)));
        assertFoldsAreEqual(engine, store, 500);
    }

    private StoredLog log(String prefix) {
        return JdbcDatabase.builder(ours).tablePrefix(prefix + "_").build().storedLog();
    }

    @Test
    void ten_thousand_aggregates_fold_as_axon_folds_them() {
        AggregateBasedJpaEventStorageEngine engine = engine(axonDatabase, Map.of());
        write(engine, AGGREGATES);
        JdbcSchema.in(ours).create();
        Path file = folder.resolve("axon.jsonl");

        // tag::axon5
        AxonEvents events = AxonEvents.ofAxon5(axonDatabase, "aggregate_event_entry")
                .type("account.moved", "1.0", "account.moved")
                .build();
        // end::axon5
        AxonReport report = events.dryRun();
        EventExport.from(events).toFile(file);
        TransferResult result =
                EventImport.into(JdbcDatabase.of(ours).storedLog()).restore(file);

        assertThat(report.isComplete()).as(report.toString()).isTrue();
        assertThat(result.written()).isEqualTo(15_000);
        EventStore store = JdbcDatabase.of(ours).eventStore(new JacksonEventSerializer(EventTypes.of(Moved.class)));
        assertFoldsAreEqual(engine, store, AGGREGATES);
        RecordedEvent<Moved> first = store.readStream(StreamId.of("Account-a7"), Moved.class)
                .iterator()
                .next();
        assertThat(first.version()).isEqualTo(StreamVersion.of(1));
        assertThat(first.metadata().correlationId()).contains("c-a7");
    }
}
