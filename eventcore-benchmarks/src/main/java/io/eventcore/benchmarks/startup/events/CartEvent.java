package io.eventcore.benchmarks.startup.events;

import io.eventcore.Event;
import io.eventcore.EventType;
import io.eventcore.StreamId;
import java.math.BigDecimal;
import java.time.Instant;

/** What happens to a shopping cart: as many events as a small application has. */
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

    /** Something was put in. */
    @EventType("item-added")
    record ItemAdded(StreamId cart, String article, int pieces, BigDecimal price) implements CartEvent {}

    /** Something was taken out. */
    @EventType("item-removed")
    record ItemRemoved(StreamId cart, String article, int pieces) implements CartEvent {}

    /** It was bought. */
    @EventType("cart-checked-out")
    record CheckedOut(StreamId cart, BigDecimal total, Instant at) implements CartEvent {}
}
