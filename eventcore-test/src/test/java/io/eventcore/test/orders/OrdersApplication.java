package io.eventcore.test.orders;

import io.eventcore.Event;
import io.eventcore.EventType;
import io.eventcore.StreamId;
import io.eventcore.command.Command;
import io.eventcore.command.Require;
import io.eventcore.command.Stream;
import java.util.List;
import org.springframework.boot.autoconfigure.SpringBootApplication;

@SpringBootApplication
class OrdersApplication {
    sealed interface OrderEvent extends Event {
        @EventType("orders.placed")
        record Placed(StreamId streamId, String article) implements OrderEvent {}

        @EventType("orders.shipped")
        record Shipped(StreamId streamId) implements OrderEvent {}
    }

    record PlaceOrder(@Stream StreamId order, String article) implements Command<Boolean, OrderEvent> {
        @Override
        public Boolean initialState() {
            return false;
        }

        @Override
        public Boolean apply(Boolean placed, OrderEvent event) {
            return true;
        }

        @Override
        public List<OrderEvent> handle(Boolean placed) {
            Require.that(!placed, "The order is placed");
            return List.of(new OrderEvent.Placed(order, article));
        }
    }

    record ShipOrder(@Stream StreamId order) implements Command<Boolean, OrderEvent> {
        @Override
        public Boolean initialState() {
            return false;
        }

        @Override
        public Boolean apply(Boolean shipped, OrderEvent event) {
            return event instanceof OrderEvent.Shipped;
        }

        @Override
        public List<OrderEvent> handle(Boolean shipped) {
            return shipped ? List.of() : List.of(new OrderEvent.Shipped(order));
        }
    }
}
