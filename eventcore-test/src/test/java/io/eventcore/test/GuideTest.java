package io.eventcore.test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.eventcore.Event;
import io.eventcore.EventStore;
import io.eventcore.EventStoreException;
import io.eventcore.ExpectedVersion;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.command.Command;
import io.eventcore.command.CommandContext;
import io.eventcore.command.CommandExecutor;
import io.eventcore.command.CommandId;
import io.eventcore.command.ExecutionResult;
import io.eventcore.command.Require;
import io.eventcore.command.Stream;
import io.eventcore.jdbc.JdbcDatabase;
import io.eventcore.jdbc.JdbcEventStore;
import io.eventcore.jdbc.JdbcSchema;
import io.eventcore.memory.InMemoryEventStore;
import io.eventcore.serialization.EventSerializer;
import io.eventcore.serialization.JacksonEventSerializer;
import io.eventcore.snapshot.Snapshot;
import io.eventcore.test.chaos.FaultPlan;
import io.eventcore.test.chaos.FaultyDataSource;
import io.eventcore.test.contract.LedgerEvent;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import java.util.List;
import java.util.UUID;
import javax.sql.DataSource;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.Test;

/** What pages of the guide quote. */
class GuideTest {
    private static final StreamId ADA = StreamId.of("account-ada");

    private final EventStore store = new InMemoryEventStore(new JacksonEventSerializer(LedgerEvent.types()));

    // tag::well-formed[]
    @Test
    void commands_and_events_are_well_formed() {
        EventCoreAssertions.assertWellFormed("io.eventcore.test.wellformed");
    }
    // end::well-formed[]

    @Test
    void metadata_goes_with_every_event() {
        CommandExecutor executor = CommandExecutor.builder(store).build();
        Command<Long, LedgerEvent> command = new Deposit(ADA, 5);

        // tag::metadata[]
        executor.execute(
                command,
                CommandContext.empty()
                        .withCorrelationId("order-7")
                        .withActor("ada")
                        .withTenant("acme")
                        .with("region", "north"));
        // end::metadata[]

        RecordedEvent<Event> recorded =
                store.readStream(ADA, Event.class).toList().get(0);
        assertThat(recorded.metadata().correlationId()).contains("order-7");
        assertThat(recorded.metadata().entry("region")).contains("north");
    }

    @Test
    void a_command_with_an_id_is_executed_once() {
        JdbcDataSource dataSource = newDatabase();
        EventSerializer serializer = new JacksonEventSerializer(LedgerEvent.types());
        // tag::executed-commands[]
        JdbcDatabase database = JdbcDatabase.of(dataSource);
        EventStore store = database.eventStore(serializer);
        CommandExecutor executor = CommandExecutor.builder(store)
                .executedCommands(database.executedCommands())
                .build();
        // end::executed-commands[]
        Command<Long, LedgerEvent> command = new Deposit(ADA, 5);
        String messageId = "message-1";

        // tag::command-id[]
        CommandId id = CommandId.of("orders-queue", messageId);
        ExecutionResult result =
                executor.execute(command, CommandContext.empty().withCommandId(id));
        // end::command-id[]

        ExecutionResult repeated =
                executor.execute(command, CommandContext.empty().withCommandId(id));
        assertThat(repeated.slice()).isEqualTo(result.slice());
        assertThat(store.readStream(ADA, LedgerEvent.class).toList()).hasSize(1);
    }

    @Test
    void a_database_fails_as_its_seed_says() {
        DataSource dataSource = newDatabase();
        // tag::faulty[]
        FaultyDataSource faulty = new FaultyDataSource(dataSource, FaultPlan.seeded(42, 0.03));
        // end::faulty[]

        JdbcEventStore failing = JdbcDatabase.builder(faulty)
                .withoutSchemaCheck()
                .build()
                .eventStore(new JacksonEventSerializer(LedgerEvent.types()));
        assertThatThrownBy(() -> {
                    for (int version = 0; ; version++) {
                        failing.appendEvents(
                                StreamWrites.to(ADA, ExpectedVersion.exactly(version), new Deposited(ADA, version)));
                        failing.streamVersion(ADA);
                    }
                })
                .isInstanceOf(EventStoreException.class);
    }

    private static JdbcDataSource newDatabase() {
        JdbcDataSource dataSource = new JdbcDataSource();
        dataSource.setURL("jdbc:h2:mem:guide-" + UUID.randomUUID() + ";DB_CLOSE_DELAY=-1");
        JdbcSchema.in(dataSource).create();
        return dataSource;
    }

    private record Deposit(@Stream StreamId account, long cents) implements Command<Long, LedgerEvent> {
        @Override
        public Long initialState() {
            return 0L;
        }

        @Override
        public Long apply(Long balance, LedgerEvent event) {
            return balance + 1;
        }

        @Override
        public List<LedgerEvent> handle(Long balance) {
            return List.of(new Deposited(account, cents));
        }
    }

    // tag::snapshot[]
    @Snapshot(name = "bank.close-month", version = 1)
    record CloseMonth(@Stream StreamId account) implements Command<Long, LedgerEvent> {
        // end::snapshot[]
        @Override
        public Long initialState() {
            return 0L;
        }

        @Override
        public Long apply(Long balance, LedgerEvent event) {
            return balance + 1;
        }

        @Override
        public List<LedgerEvent> handle(Long balance) {
            Require.that(balance > 0, "nothing happened");
            return List.of();
        }
    }
}
