package io.eventcore.test.orders;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.EventStore;
import io.eventcore.autoconfigure.EventCoreProperties.Store;
import io.eventcore.jdbc.JdbcEventStore;
import io.eventcore.test.EventCoreTest;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;

@EventCoreTest(
        store = Store.JDBC,
        properties = {"eventcore.application-events.enabled=true", "spring.datasource.url=jdbc:h2:mem:orders"})
class OrdersOnDatabaseTest extends OrderSliceContract {
    @Test
    void events_are_in_the_database_too(@Autowired EventStore store) {
        assertThat(store).isInstanceOf(JdbcEventStore.class);
    }
}
