package io.eventcore.test.orders;

import io.eventcore.RecordedEvent;
import io.eventcore.projection.Projection;
import io.eventcore.test.orders.OrdersApplication.OrderEvent;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** As the guide shows it: a table of its own, written by {@code JdbcClient}. */
@Component
class OrderCount implements Projection<OrderEvent> {
    private final JdbcClient jdbc;

    OrderCount(JdbcClient jdbc) {
        this.jdbc = jdbc;
        jdbc.sql("CREATE TABLE IF NOT EXISTS order_count (article VARCHAR(255) NOT NULL)")
                .update();
    }

    long of(String article) {
        return jdbc.sql("SELECT count(*) FROM order_count WHERE article = ?")
                .param(article)
                .query(Long.class)
                .single();
    }

    @Override
    public String name() {
        return "order-count";
    }

    @Override
    public Class<OrderEvent> eventType() {
        return OrderEvent.class;
    }

    @Override
    public void apply(RecordedEvent<OrderEvent> event) {
        if (event.event() instanceof OrderEvent.Placed placed) {
            jdbc.sql("INSERT INTO order_count VALUES (?)")
                    .param(placed.article())
                    .update();
        }
    }
}
