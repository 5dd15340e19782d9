package io.eventcore.benchmarks.axon4;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.eventcore.EventStoreUnavailableException;
import io.eventcore.benchmarks.axon4.Axon4ExportTest.Closed;
import io.eventcore.benchmarks.axon4.Axon4ExportTest.Moved;
import io.eventcore.jdbc.JdbcDatabase;
import io.eventcore.jdbc.JdbcSchema;
import io.eventcore.jdbc.axon.AxonEvents;
import io.eventcore.jdbc.axon.AxonReport;
import io.eventcore.transfer.EventExport;
import io.eventcore.transfer.EventImport;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import javax.sql.DataSource;
import org.axonframework.common.transaction.NoTransactionManager;
import org.axonframework.eventhandling.DomainEventMessage;
import org.axonframework.eventsourcing.eventstore.EventStorageEngine;
import org.axonframework.eventsourcing.eventstore.jdbc.JdbcEventStorageEngine;
import org.axonframework.eventsourcing.eventstore.jdbc.PostgresEventTableFactory;
import org.axonframework.eventsourcing.eventstore.jpa.DomainEventEntry;
import org.axonframework.eventsourcing.eventstore.jpa.JpaEventStorageEngine;
import org.axonframework.eventsourcing.eventstore.jpa.SnapshotEventEntry;
import org.axonframework.serialization.json.JacksonSerializer;
import org.h2.jdbcx.JdbcConnectionPool;
import org.hibernate.cfg.Configuration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Tables that the engines of Axon Framework 4 have written into several databases are exported and imported, whatever the
 * types of their columns are.
 */
class Axon4DatabasesExportTest {
    private static EmbeddedPostgres server;

    @TempDir
    Path folder;

    private final JdbcConnectionPool ours = h2();

    private static JdbcConnectionPool h2() {
        return JdbcConnectionPool.create("jdbc:h2:mem:" + UUID.randomUUID() + ";DB_CLOSE_DELAY=-1", "sa", "");
    }

    @BeforeAll
    static void startServer() throws IOException {
        server = EmbeddedPostgres.builder()
                .setPGStartupWait(Duration.ofMinutes(2))
                .start();
    }

    @AfterAll
    static void stopServer() throws IOException {
        server.close();
    }

    @BeforeEach
    void createTables() {
        JdbcSchema.in(ours).create();
    }

    @AfterEach
    void close() {
        ours.dispose();
    }

    private static DataSource newPostgreSql() throws SQLException {
        String name = "axon_" + UUID.randomUUID().toString().replace("-", "");
        execute(server.getPostgresDatabase(), "CREATE DATABASE " + name);
        return server.getDatabase("postgres", name);
    }

    private static void execute(DataSource database, String sql) throws SQLException {
        try (Connection connection = database.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    /** With the naming strategy of Spring Boot. */
    private static EventStorageEngine jpa(DataSource database) {
        Configuration configuration = new Configuration()
                .addAnnotatedClass(DomainEventEntry.class)
                .addAnnotatedClass(SnapshotEventEntry.class)
                .setProperty("hibernate.hbm2ddl.auto", "create")
                .setProperty(
                        "hibernate.physical_naming_strategy",
                        "org.hibernate.boot.model.naming.PhysicalNamingStrategySnakeCaseImpl")
                .setProperty("hibernate.jdbc.batch_size", "100");
        configuration.getProperties().put("hibernate.connection.datasource", database);
        JpaTransactions transactions = new JpaTransactions(configuration.buildSessionFactory());
        return JpaEventStorageEngine.builder()
                .eventSerializer(JacksonSerializer.defaultSerializer())
                .snapshotSerializer(JacksonSerializer.defaultSerializer())
                .entityManagerProvider(transactions)
                .transactionManager(transactions)
                .build();
    }

    private static AxonEvents events(DataSource database, String table) {
        return AxonEvents.ofAxon4(database, table)
                .type(Moved.class.getName(), "2", "account.moved")
                .type(Closed.class.getName(), "account.closed")
                .build();
    }

    private void assertMoves(DataSource database, String table, EventStorageEngine engine, int aggregates) {
        AxonEvents events = events(database, table);
        Path file = folder.resolve("axon.jsonl");

        AxonReport report = events.dryRun();
        EventExport.from(events).toFile(file);
        EventImport.into(JdbcDatabase.of(ours).storedLog()).restore(file);

        assertThat(report.isComplete()).as(report.toString()).isTrue();
        assertThat(report.events()).isEqualTo(2L * aggregates - 1);
        Axon4ExportTest.assertFoldsAreEqual(engine, ours, aggregates);
    }

    private static String typeOfPayload(DataSource database, String table) throws SQLException {
        try (Connection connection = database.getConnection();
                ResultSet columns = connection.getMetaData().getColumns(null, null, table, "payload")) {
            columns.next();
            return columns.getString("TYPE_NAME");
        }
    }

    @Test
    void the_jdbc_engine_on_postgresql_keeps_bytes() throws SQLException {
        DataSource database = newPostgreSql();
        JacksonSerializer serializer = JacksonSerializer.defaultSerializer();
        JdbcEventStorageEngine engine = JdbcEventStorageEngine.builder()
                .eventSerializer(serializer)
                .snapshotSerializer(serializer)
                .transactionManager(NoTransactionManager.INSTANCE)
                .connectionProvider(database::getConnection)
                .build();
        engine.createSchema(PostgresEventTableFactory.INSTANCE);
        Axon4ExportTest.write(engine, 10_000);
        assertThat(typeOfPayload(database, "domainevententry")).isEqualTo("bytea");

        assertMoves(database, "DomainEventEntry", engine, 10_000);
    }

    @Test
    void the_jpa_engine_on_postgresql_keeps_numbers_of_large_objects() throws SQLException {
        DataSource database = newPostgreSql();
        EventStorageEngine engine = jpa(database);
        Axon4ExportTest.write(engine, 2_000);
        assertThat(typeOfPayload(database, "domain_event_entry")).isEqualTo("oid");

        assertMoves(database, "domain_event_entry", engine, 2_000);
    }

    @Test
    void who_may_not_read_large_objects_is_told_so() throws SQLException {
        DataSource database = newPostgreSql();
        Axon4ExportTest.write(jpa(database), 3);
        execute(database, "CREATE USER axon_reader; GRANT SELECT ON domain_event_entry TO axon_reader");
        DataSource reader = server.getDatabase("axon_reader", nameOf(database));

        assertThatExceptionOfType(EventStoreUnavailableException.class)
                .isThrownBy(() -> events(reader, "domain_event_entry").dryRun())
                .withMessageContaining("domain_event_entry")
                .withMessageContaining("42501")
                .withMessageContaining("large objects");
    }

    private static String nameOf(DataSource database) throws SQLException {
        try (Connection connection = database.getConnection()) {
            return connection.getCatalog();
        }
    }

    @Test
    void the_jpa_engine_on_h2_keeps_blobs() {
        JdbcConnectionPool database = h2();
        EventStorageEngine engine = jpa(database);
        Axon4ExportTest.write(engine, 2_000);

        assertMoves(database, "domain_event_entry", engine, 2_000);
        database.dispose();
    }

    @Test
    void an_event_without_an_aggregate_gets_a_stream_of_its_own_from_the_jpa_engine_too() {
        JdbcConnectionPool database = h2();
        EventStorageEngine engine = jpa(database);
        DomainEventMessage<?> written = Axon4ExportTest.message("a0", 0, new Moved("a0", 1));
        engine.appendEvents(new org.axonframework.eventhandling.GenericEventMessage<>(
                written.getPayload(), Map.of("correlationId", "c-a0")));

        AxonReport report = events(database, "domain_event_entry").dryRun();

        assertThat(report.isComplete()).as(report.toString()).isTrue();
        assertThat(report.events()).isEqualTo(1);
        database.dispose();
    }
}
