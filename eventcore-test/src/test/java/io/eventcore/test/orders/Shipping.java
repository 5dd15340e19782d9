package io.eventcore.test.orders;

import io.eventcore.RecordedEvent;
import io.eventcore.command.Command;
import io.eventcore.reaction.Reaction;
import io.eventcore.test.orders.OrdersApplication.OrderEvent;
import io.eventcore.test.orders.OrdersApplication.ShipOrder;
import java.util.List;
import org.springframework.stereotype.Component;

@Component
class Shipping implements Reaction<OrderEvent> {
    @Override
    public String name() {
        return "shipping";
    }

    @Override
    public Class<OrderEvent> eventType() {
        return OrderEvent.class;
    }

    @Override
    public List<? extends Command<?, ?>> react(RecordedEvent<OrderEvent> event) {
        return event.event() instanceof OrderEvent.Placed ? List.of(new ShipOrder(event.streamId())) : List.of();
    }
}
