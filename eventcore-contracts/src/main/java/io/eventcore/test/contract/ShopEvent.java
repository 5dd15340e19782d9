package io.eventcore.test.contract;

import io.eventcore.Event;
import io.eventcore.EventType;
import io.eventcore.StreamId;
import io.eventcore.serialization.EventSerializer;
import io.eventcore.serialization.EventTypes;
import io.eventcore.serialization.JacksonEventSerializer;
import io.eventcore.serialization.OldEvent;
import io.eventcore.serialization.UnknownTypeListener;
import io.eventcore.serialization.UnknownTypes;
import io.eventcore.serialization.Upcaster;
import io.eventcore.serialization.Upcaster.Part;
import java.io.IOException;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The events of a shop as today's code knows them, and what yesterday's code stored.
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
     * What yesterday's code stored: any name with any payload.
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

    /** An event that no code of today asks for. */
    static Old viewed(StreamId cart) {
        return new Old(cart, "shop.viewed", "{\"cart\":\"%s\"}".formatted(cart));
    }

    /** An event on which an upcaster fails. */
    static Old broken(StreamId cart) {
        return broken(cart, "unchecked");
    }

    /** An event on which an upcaster throws a checked exception, as upcasters in Kotlin may. */
    static Old brokenByAChecked(StreamId cart) {
        return broken(cart, "checked");
    }

    /** An event on which an upcaster throws an error, as unwritten upcasters in Kotlin do. */
    static Old brokenByAnError(StreamId cart) {
        return broken(cart, "error");
    }

    /** An event on which an upcaster fails because the upcaster calls itself without end. */
    static Old brokenByRecursion(StreamId cart) {
        return broken(cart, "recursion");
    }

    private static Old broken(StreamId cart, String how) {
        return new Old(
                cart, "shop.broken", "{\"cart\":\"%s\",\"how\":\"%s\",\"secret\":\"s3cr3t\"}".formatted(cart, how));
    }

    private static JsonNode fail(OldEvent event) {
        String secret = "s3cr3t " + event.json();
        return switch (event.json().get("how").asString()) {
            case "checked" -> throw ShopEvent.<RuntimeException>unchecked(new IOException(secret));
            case "error" -> throw new Error(secret);
            case "recursion" -> fail(event);
            default -> throw new IllegalStateException(secret);
        };
    }

    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"}) // What the compiler checks, and the JVM does not.
    private static <T extends Throwable> T unchecked(Throwable failure) throws T {
        throw (T) failure;
    }

    /** The event classes, with the upcasters for everything that was stored. */
    static EventTypes.Builder types() {
        return EventTypes.builder()
                .register(ShopEvent.class)
                .upcaster(Upcaster.from("shop.item-added")
                        .toRevision(2, event -> event.object().put("count", 1)))
                .upcaster(Upcaster.from("shop.viewed").toNothing())
                .upcaster(checkedOutIsTwoEvents())
                .upcaster(Upcaster.from("shop.broken").to("shop.closed", ShopEvent::fail));
    }

    /** A cart that was checked out was closed, and paid unless that cost nothing. */
    static Upcaster checkedOutIsTwoEvents() {
        return Upcaster.from("shop.checked-out").toParts(List.of("shop.closed", "shop.paid"), event -> {
            ObjectNode paid = event.object();
            Part closed = new Part("shop.closed", paid.deepCopy().without("cents"));
            return paid.get("cents").asLong() == 0 ? List.of(closed) : List.of(closed, new Part("shop.paid", paid));
        });
    }

    /** Reads as today's code does, and also writes what yesterday's code stored. */
    static EventSerializer serializer() {
        return new YesterdaysSerializer(new JacksonEventSerializer(types().build()));
    }

    /**
     * Like {@link #serializer()}, but reads unknown types differently.
     *
     * @param unknown how to read events of unknown types
     * @param listener hears of each event that is skipped
     */
    static EventSerializer serializer(UnknownTypes unknown, UnknownTypeListener listener) {
        return new YesterdaysSerializer(
                new JacksonEventSerializer(types().build()).withUnknownTypes(unknown, listener));
    }
}
