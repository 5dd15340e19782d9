package io.eventcore.test.orders;

import io.eventcore.RecordedEvent;
import io.eventcore.projection.Projection;
import io.eventcore.test.orders.OrdersApplication.OrderEvent;
import org.springframework.stereotype.Component;

/** Writes through a repository of JPA, in the transaction of the projection. */
@Component
class OrderList implements Projection<OrderEvent> {
    private final OrderRows rows;

    OrderList(OrderRows rows) {
        this.rows = rows;
    }

    @Override
    public String name() {
        return "order-list";
    }

    @Override
    public Class<OrderEvent> eventType() {
        return OrderEvent.class;
    }

    @Override
    public void apply(RecordedEvent<OrderEvent> event) {
        if (event.event() instanceof OrderEvent.Placed placed) {
            rows.saveAndFlush(new OrderRow(event.streamId().value(), placed.article()));
        }
    }
}
