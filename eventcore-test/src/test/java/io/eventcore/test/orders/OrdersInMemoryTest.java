package io.eventcore.test.orders;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.EventStore;
import io.eventcore.memory.InMemoryEventStore;
import io.eventcore.test.EventCoreTest;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.jdbc.datasource.embedded.EmbeddedDatabase;

/** Read models are in an embedded database then; the one that the application is configured for is not connected to. */
@EventCoreTest(
        properties = {
            "eventcore.application-events.enabled=true",
            "spring.datasource.url=jdbc:postgresql://production/orders"
        })
class OrdersInMemoryTest extends OrderSliceContract {
    @Test
    void events_are_in_memory_and_read_models_in_an_embedded_database(
            @Autowired EventStore store, @Autowired DataSource dataSource) {
        assertThat(store).isInstanceOf(InMemoryEventStore.class);
        assertThat(dataSource).isInstanceOf(EmbeddedDatabase.class);
    }
}
