package io.eventcore.benchmarks.startup.events;

import io.eventcore.Event;
import io.eventcore.EventType;
import io.eventcore.StreamId;
import java.math.BigDecimal;
import java.time.Instant;

/** What happens to a shopping cart: as many event types as a small application has. */
public sealed interface CartEvent extends Event {
    /** The cart. */
    StreamId cart();

    @Override
    default StreamId streamId() {
        return cart();
    }

    /** A customer began to shop. */
    @EventType("cart-opened")
    record Opened(StreamId cart, String customer, Instant at) implements CartEvent {}

    /** The customer put an item into the cart. */
    @EventType("item-added")
    record ItemAdded(StreamId cart, String article, int pieces, BigDecimal price) implements CartEvent {}

    /** The customer took an item out of the cart. */
    @EventType("item-removed")
    record ItemRemoved(StreamId cart, String article, int pieces) implements CartEvent {}

    /** The customer checked out. */
    @EventType("cart-checked-out")
    record CheckedOut(StreamId cart, BigDecimal total, Instant at) implements CartEvent {}
}
