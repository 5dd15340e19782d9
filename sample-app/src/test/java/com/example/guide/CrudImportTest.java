package com.example.guide;

import static org.assertj.core.api.Assertions.assertThat;

import com.example.guide.CrudImportTest.CustomerEvent.CustomerMoved;
import com.example.guide.CrudImportTest.CustomerEvent.CustomerTakenOver;
import io.eventcore.Event;
import io.eventcore.EventStore;
import io.eventcore.EventType;
import io.eventcore.ExpectedVersion;
import io.eventcore.GlobalPosition;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.StreamWrites;
import io.eventcore.VersionConflictException;
import io.eventcore.command.Command;
import io.eventcore.command.CommandExecutor;
import io.eventcore.command.Require;
import io.eventcore.command.Stream;
import io.eventcore.jdbc.JdbcDatabase;
import io.eventcore.jdbc.JdbcSchema;
import io.eventcore.serialization.EventTypes;
import io.eventcore.serialization.JacksonEventSerializer;
import java.util.List;
import java.util.UUID;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** A table of the application becomes streams, while the application goes on using the table. */
class CrudImportTest {
    private final DataSource dataSource =
            new DriverManagerDataSource("jdbc:h2:mem:crud-" + UUID.randomUUID() + ";DB_CLOSE_DELAY=-1");
    private final JdbcClient jdbc = JdbcClient.create(dataSource);
    private final TransactionTemplate transaction = new TransactionTemplate(new JdbcTransactionManager(dataSource));

    private EventStore store;
    private CommandExecutor commands;

    CrudImportTest() {
        JdbcSchema.in(dataSource).create();
        store = JdbcDatabase.of(dataSource).eventStore(new JacksonEventSerializer(EventTypes.of(CustomerEvent.class)));
        commands = CommandExecutor.builder(store).build();
    }

    @BeforeEach
    void customersOfYesterday() {
        jdbc.sql("CREATE TABLE customer (id INT PRIMARY KEY, name VARCHAR(100), city VARCHAR(100))")
                .update();
        jdbc.sql("INSERT INTO customer VALUES (1, 'Ada', 'London'), (2, 'Grace', 'New York')")
                .update();
    }

    // tag::events[]
    sealed interface CustomerEvent extends Event {
        StreamId customer();

        @Override
        default StreamId streamId() {
            return customer();
        }

        /** What was known on the day of the import. Nobody knows any more how it came about. */
        @EventType("crm.customer-taken-over")
        record CustomerTakenOver(StreamId customer, String name, String city) implements CustomerEvent {}

        @EventType("crm.customer-moved")
        record CustomerMoved(StreamId customer, String city) implements CustomerEvent {}
    }
    // end::events[]

    // tag::import[]
    void takeOver() {
        jdbc.sql("SELECT id, name, city FROM customer ORDER BY id")
                .query((row, number) -> new CustomerTakenOver(
                        StreamId.of("customer-" + row.getInt("id")), row.getString("name"), row.getString("city")))
                .list()
                .forEach(this::takeOver);
    }

    private void takeOver(CustomerTakenOver customer) {
        try {
            store.appendEvents(StreamWrites.to(customer.customer(), ExpectedVersion.noStream(), customer));
        } catch (VersionConflictException takenOverBefore) {
            // Each customer is taken over once, however often this runs.
        }
    }
    // end::import[]

    // tag::both[]
    void move(StreamId customer, String city) {
        transaction.executeWithoutResult(status -> {
            commands.execute(new MoveCustomer(customer, city));
            jdbc.sql("UPDATE customer SET city = ? WHERE id = ?")
                    .params(city, Integer.parseInt(customer.value().substring("customer-".length())))
                    .update();
        });
    }
    // end::both[]

    @Test
    void each_row_becomes_a_stream_once() {
        takeOver();
        takeOver();

        assertThat(store.streamVersion(StreamId.of("customer-1"))).isEqualTo(StreamVersion.of(1));
        assertThat(store.readStream(StreamId.of("customer-2"), CustomerEvent.class)
                        .toList()
                        .get(0)
                        .event())
                .isEqualTo(new CustomerTakenOver(StreamId.of("customer-2"), "Grace", "New York"));
        assertThat(store.lastPosition()).isGreaterThan(GlobalPosition.START);
    }

    @Test
    void the_table_and_the_stream_change_together_or_not_at_all() {
        takeOver();
        StreamId ada = StreamId.of("customer-1");

        move(ada, "Paris");

        assertThat(city(1)).isEqualTo("Paris");
        assertThat(store.streamVersion(ada)).isEqualTo(StreamVersion.of(2));
        transaction.executeWithoutResult(status -> {
            move(ada, "Rome");
            status.setRollbackOnly();
        });
        assertThat(city(1)).isEqualTo("Paris");
        assertThat(store.streamVersion(ada)).isEqualTo(StreamVersion.of(2));
    }

    private String city(int id) {
        return jdbc.sql("SELECT city FROM customer WHERE id = ?")
                .param(id)
                .query(String.class)
                .single();
    }

    record MoveCustomer(@Stream StreamId customer, String city) implements Command<Boolean, CustomerEvent> {
        @Override
        public Boolean initialState() {
            return false;
        }

        @Override
        public Boolean apply(Boolean known, CustomerEvent event) {
            return true;
        }

        @Override
        public List<CustomerEvent> handle(Boolean known) {
            Require.that(known, "There is no such customer");
            return List.of(new CustomerMoved(customer, city));
        }
    }
}
