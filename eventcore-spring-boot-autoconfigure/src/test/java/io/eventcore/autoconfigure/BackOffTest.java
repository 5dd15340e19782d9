package io.eventcore.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.EventStore;
import io.eventcore.GlobalPosition;
import io.eventcore.StreamId;
import io.eventcore.autoconfigure.bank.BankEvent;
import io.eventcore.autoconfigure.bank.BankEvent.Deposited;
import io.eventcore.autoconfigure.bank.DepositMoney;
import io.eventcore.command.CommandContext;
import io.eventcore.command.CommandExecutor;
import io.eventcore.command.CommandId;
import io.eventcore.command.ExecutedCommands;
import io.eventcore.command.RetryPolicy;
import io.eventcore.jdbc.JdbcDatabase;
import io.eventcore.jdbc.JdbcEventStore;
import io.eventcore.jdbc.JdbcSchema;
import io.eventcore.memory.InMemoryEventStore;
import io.eventcore.memory.InMemoryExecutedCommands;
import io.eventcore.memory.InMemorySnapshotStore;
import io.eventcore.memory.InMemoryTransactionManager;
import io.eventcore.micrometer.CommandObservations;
import io.eventcore.serialization.EventSerializer;
import io.eventcore.serialization.EventTypes;
import io.eventcore.serialization.JacksonEventSerializer;
import io.eventcore.snapshot.SnapshotStore;
import io.eventcore.transfer.EventExport;
import io.eventcore.transfer.EventImport;
import io.eventcore.transfer.StoredLog;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.observation.ObservationRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.sql.DataSource;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.Test;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.TransactionManager;

/** Every bean gives way to the application's own. */
class BackOffTest {
    private static final CommandId ONCE = CommandId.of("tests", "once");
    private static final EventTypes TYPES = EventTypes.of(BankEvent.class);

    @Test
    void to_a_store_of_the_application_all_of_ours_give_way() {
        EventStore own = new InMemoryEventStore(new JacksonEventSerializer(TYPES));

        for (ApplicationContextRunner runner : List.of(Applications.withH2(), Applications.withoutDatabase())) {
            runner.withBean("own", EventStore.class, () -> own).run(application -> {
                assertThat(application).hasSingleBean(EventStore.class);
                assertThat(application.getBean(EventStore.class)).isSameAs(own);
                assertThat(application)
                        .doesNotHaveBean(JdbcEventStore.class)
                        .doesNotHaveBean(EventStoreSchemaInitializer.class)
                        .doesNotHaveBean(InMemoryTransactionManager.class);
                Applications.assertWorks(application);
            });
        }
    }

    @Test
    void to_a_database_that_the_application_has_looked_at() {
        JdbcDataSource elsewhere = new JdbcDataSource();
        elsewhere.setURL(Applications.newH2());
        JdbcSchema.in(elsewhere).create();
        JdbcDatabase own = JdbcDatabase.of(elsewhere);

        Applications.withH2().withBean(JdbcDatabase.class, () -> own).run(application -> {
            assertThat(application.getBean(JdbcDatabase.class)).isSameAs(own);
            Applications.assertWorks(application);
            assertThat(own.eventStore(new JacksonEventSerializer(TYPES)).lastPosition())
                    .isEqualTo(GlobalPosition.of(1));
        });
    }

    @Test
    void to_an_export_and_an_import() throws IOException {
        JdbcDataSource elsewhere = new JdbcDataSource();
        elsewhere.setURL(Applications.newH2());
        JdbcSchema.in(elsewhere).create();
        StoredLog log = JdbcDatabase.of(elsewhere).storedLog();
        EventImport own = EventImport.into(log);
        Path file = Files.createTempDirectory("export").resolve("events.jsonl");

        Applications.withH2().withBean(EventImport.class, () -> own).run(application -> {
            Applications.assertWorks(application);
            assertThat(application.getBean(EventImport.class)).isSameAs(own);
            application.getBean(EventExport.class).toFile(file);
        });

        Applications.withH2().run(application -> {
            assertThat(application.getBean(EventImport.class).restore(file).written())
                    .isPositive();
            assertThat(application.getBean(EventStore.class).lastPosition()).isNotEqualTo(GlobalPosition.START);
        });
    }

    @Test
    void to_a_command_executor() {
        CommandExecutor own = CommandExecutor.builder(new InMemoryEventStore(new JacksonEventSerializer(TYPES)))
                .build();

        Applications.withoutDatabase()
                .withBean(CommandExecutor.class, () -> own)
                .run(application ->
                        assertThat(application.getBean(CommandExecutor.class)).isSameAs(own));
    }

    @Test
    void to_a_retry_policy() {
        RetryPolicy own = RetryPolicy.never();

        Applications.withoutDatabase()
                .withBean(RetryPolicy.class, () -> own)
                .run(application ->
                        assertThat(application.getBean(RetryPolicy.class)).isSameAs(own));
    }

    @Test
    void to_event_types() {
        EventTypes own =
                EventTypes.builder().register(Deposited.class, "renamed").build();

        Applications.withoutDatabase().withBean(EventTypes.class, () -> own).run(application -> {
            assertThat(application.getBean(EventTypes.class)).isSameAs(own);
            assertThat(application.getBean(EventSerializer.class).storedNames(Deposited.class))
                    .containsExactly("renamed");
        });
    }

    @Test
    void to_a_serializer() {
        EventSerializer own = new JacksonEventSerializer(TYPES);

        Applications.withH2().withBean(EventSerializer.class, () -> own).run(application -> {
            assertThat(application.getBean(EventSerializer.class)).isSameAs(own);
            Applications.assertWorks(application);
        });
    }

    @Test
    void to_a_snapshot_store() {
        SnapshotStore own = new InMemorySnapshotStore();

        for (ApplicationContextRunner runner : List.of(Applications.withH2(), Applications.withoutDatabase())) {
            runner.withBean("own", SnapshotStore.class, () -> own).run(application -> {
                assertThat(application.getBean(SnapshotStore.class)).isSameAs(own);
                Applications.assertWorks(application);
            });
        }
    }

    @Test
    void to_a_memory_of_executed_commands() {
        ExecutedCommands own = new InMemoryExecutedCommands();

        for (ApplicationContextRunner runner : List.of(Applications.withH2(), Applications.withoutDatabase())) {
            runner.withBean("own", ExecutedCommands.class, () -> own).run(application -> {
                assertThat(application.getBean(ExecutedCommands.class)).isSameAs(own);
                application
                        .getBean(CommandExecutor.class)
                        .execute(
                                new DepositMoney(StreamId.of("account-ada"), 5),
                                CommandContext.empty().withCommandId(ONCE));
                assertThat(own.find(ONCE)).isPresent();
            });
        }
    }

    @Test
    void to_an_endpoint_and_what_watches() {
        CommandObservations commands = new CommandObservations(ObservationRegistry.create(), new SimpleMeterRegistry());

        Applications.withH2()
                .withBean(MeterRegistry.class, SimpleMeterRegistry::new)
                .withBean("own", CommandObservations.class, () -> commands)
                .run(application -> assertThat(application.getBean(CommandObservations.class))
                        .isSameAs(commands));
    }

    @Test
    void to_a_schema_initializer() {
        Applications.withH2().withBean(OwnInitializer.class).run(application -> {
            assertThat(application).hasSingleBean(EventStoreSchemaInitializer.class);
            assertThat(application).hasSingleBean(OwnInitializer.class);
            Applications.assertWorks(application);
        });
    }

    static class OwnInitializer extends EventStoreSchemaInitializer {
        OwnInitializer(DataSource dataSource) {
            super(JdbcSchema.in(dataSource), true);
        }
    }

    @Test
    void to_a_transaction_manager() {
        Applications.withoutDatabase()
                .withBean(JdbcTransactionManager.class, () -> new JdbcTransactionManager(new JdbcDataSource()))
                .run(application -> {
                    assertThat(application).hasSingleBean(TransactionManager.class);
                    assertThat(application).doesNotHaveBean(InMemoryTransactionManager.class);
                });
    }

    @Test
    void nothing_at_all_is_configured_when_the_library_is_switched_off() {
        for (ApplicationContextRunner runner : List.of(Applications.withH2(), Applications.withoutDatabase())) {
            runner.withPropertyValues("eventcore.enabled=false").run(application -> {
                assertThat(application).hasNotFailed();
                for (String name : application.getBeanDefinitionNames()) {
                    Class<?> type = application.getType(name);
                    assertThat(type == null ? name : type.getName()).as(name).doesNotStartWith("io.eventcore");
                }
            });
        }
    }
}
