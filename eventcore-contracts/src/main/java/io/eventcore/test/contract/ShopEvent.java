package io.eventcore.test.contract;

import io.eventcore.Event;
import io.eventcore.EventType;
import io.eventcore.StreamId;
import io.eventcore.serialization.EventSerializer;
import io.eventcore.serialization.EventTypes;
import io.eventcore.serialization.JacksonEventSerializer;
import io.eventcore.serialization.Upcaster;
import io.eventcore.serialization.Upcaster.Part;
import java.util.List;
import tools.jackson.databind.node.ObjectNode;

/**
 * The events of a shop as today's code knows them, and what yesterday's code has stored.
 *
 * @since 0.1
 */
public sealed interface ShopEvent extends Event {
    /** The stream the event belongs to. */
    StreamId cart();

    @Override
    default StreamId streamId() {
        return cart();
    }

    /** An item was put into the cart; the count came with the second revision. */
    @EventType(value = "shop.item-added", revision = 2)
    record ItemAdded(StreamId cart, String item, int count) implements ShopEvent {}

    /** The cart was closed. */
    @EventType("shop.closed")
    record Closed(StreamId cart) implements ShopEvent {}

    /** The cart was paid. */
    @EventType("shop.paid")
    record Paid(StreamId cart, long cents) implements ShopEvent {}

    /**
     * What yesterday's code has stored: any name with any payload.
     *
     * @param cart the stream
     * @param name the stored name
     * @param json the payload
     */
    record Old(StreamId cart, String name, String json) implements Event {
        @Override
        public StreamId streamId() {
            return cart;
        }
    }

    /** Stored before there was a count. */
    static Old itemAdded(StreamId cart, String item) {
        return new Old(cart, "shop.item-added", "{\"cart\":\"%s\",\"item\":\"%s\"}".formatted(cart, item));
    }

    /** What is two events today; one if nothing was paid. */
    static Old checkedOut(StreamId cart, long cents) {
        return new Old(cart, "shop.checked-out", "{\"cart\":\"%s\",\"cents\":%d}".formatted(cart, cents));
    }

    /** What no code of today asks for. */
    static Old viewed(StreamId cart) {
        return new Old(cart, "shop.viewed", "{\"cart\":\"%s\"}".formatted(cart));
    }

    /** What an upcaster fails at. */
    static Old broken(StreamId cart) {
        return new Old(cart, "shop.broken", "{\"cart\":\"%s\",\"secret\":\"s3cr3t\"}".formatted(cart));
    }

    /** The event classes, with the upcasters from all that was stored. */
    static EventTypes.Builder types() {
        return EventTypes.builder()
                .register(ShopEvent.class)
                .upcaster(Upcaster.from("shop.item-added")
                        .toRevision(2, event -> event.object().put("count", 1)))
                .upcaster(Upcaster.from("shop.viewed").toNothing())
                .upcaster(Upcaster.from("shop.checked-out").toParts(List.of("shop.closed", "shop.paid"), event -> {
                    ObjectNode paid = event.object();
                    Part closed = new Part("shop.closed", paid.deepCopy().without("cents"));
                    return paid.get("cents").asLong() == 0
                            ? List.of(closed)
                            : List.of(closed, new Part("shop.paid", paid));
                }))
                .upcaster(Upcaster.from("shop.broken").to("shop.closed", event -> {
                    throw new IllegalStateException("s3cr3t " + event.json());
                }));
    }

    /** Reads as today's code does, and writes what yesterday's has stored as well. */
    static EventSerializer serializer() {
        return new YesterdaysSerializer(new JacksonEventSerializer(types().build()));
    }
}
