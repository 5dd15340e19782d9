package io.eventcore.test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.eventcore.Event;
import io.eventcore.EventMetadata;
import io.eventcore.EventTag;
import io.eventcore.EventType;
import io.eventcore.StreamId;
import io.eventcore.Tag;
import io.eventcore.command.BusinessRuleViolationException;
import io.eventcore.command.Command;
import io.eventcore.command.Require;
import io.eventcore.command.Stream;
import io.eventcore.serialization.EventOrigin;
import io.eventcore.serialization.EventSerializer;
import io.eventcore.serialization.EventTypes;
import io.eventcore.serialization.JacksonEventSerializer;
import io.eventcore.serialization.OldEvent;
import io.eventcore.serialization.Upcaster;
import io.eventcore.serialization.Upcaster.Part;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** What the guide says about events that change, and scenarios that begin with events in earlier shapes. */
class EarlierEventsTest {
    private static final StreamId CART = StreamId.of("cart-1");

    sealed interface CartEvent extends Event {
        StreamId cart();

        @Override
        default StreamId streamId() {
            return cart();
        }

        // tag::revision[]
        @EventType(value = "cart.item-added", revision = 2)
        record ItemAdded(StreamId cart, String item, String currency) implements CartEvent {}
        // end::revision[]

        @EventType("cart.closed")
        record Closed(StreamId cart) implements CartEvent {}

        @EventType("cart.paid")
        record Paid(StreamId cart, long cents) implements CartEvent {}
    }

    // tag::upcaster[]
    static Upcaster itemAddedHasCurrency() {
        return Upcaster.from("cart.item-added")
                .toRevision(2, event -> event.object().put("currency", "EUR"));
    }
    // end::upcaster[]

    // tag::heir[]
    static Upcaster checkedOutWasPaid() {
        return checkedOutIsTwoEvents().withHeir("cart.paid");
    }
    // end::heir[]

    // tag::split[]
    static Upcaster checkedOutIsTwoEvents() {
        return Upcaster.from("cart.checked-out")
                .toParts(List.of("cart.closed", "cart.paid"), EarlierEventsTest::closedAndPaid);
    }

    private static List<Part> closedAndPaid(OldEvent checkedOut) {
        ObjectNode closed = checkedOut.object().deepCopy();
        JsonNode cents = closed.remove("cents");
        ObjectNode paid = closed.deepCopy();
        paid.set("cents", cents);
        return List.of(new Part("cart.closed", closed), new Part("cart.paid", paid));
    }
    // end::split[]

    // tag::drop[]
    static Upcaster viewsAreForgotten() {
        return Upcaster.from("cart.viewed").toNothing();
    }
    // end::drop[]

    // tag::plain[]
    static EventTypes types() {
        return EventTypes.builder()
                .register(CartEvent.class)
                .upcaster(itemAddedHasCurrency())
                .upcaster(checkedOutIsTwoEvents())
                .upcaster(viewsAreForgotten())
                .build();
    }
    // end::plain[]

    private final EventSerializer serializer = new JacksonEventSerializer(types());

    record Pay(@Stream StreamId cart) implements Command<Long, CartEvent> {
        @Override
        public Long initialState() {
            return 0L;
        }

        @Override
        public Long apply(Long folded, CartEvent event) {
            return folded + 1;
        }

        @Override
        public List<CartEvent> handle(Long folded) {
            return List.of(new CartEvent.Paid(cart, folded));
        }
    }

    @Test
    void a_command_decides_on_what_upcasters_make_of_earlier_events() {
        // tag::scenario[]
        CommandScenario.given(
                        EarlierEvent.of(CART, "cart.item-added", "{\"cart\":\"cart-1\",\"item\":\"pen\"}"),
                        EarlierEvent.of(CART, "cart.viewed", "{\"cart\":\"cart-1\"}"),
                        EarlierEvent.of(CART, "cart.checked-out", "{\"cart\":\"cart-1\",\"cents\":5}"))
                .storedBy(serializer)
                .when(new Pay(CART))
                .then(new CartEvent.Paid(CART, 3));
        // end::scenario[]
    }

    record Buy(@Tag String customer) implements Command<Integer, CartEvent> {
        @Override
        public Integer initialState() {
            return 0;
        }

        @Override
        public Integer apply(Integer carts, CartEvent event) {
            return carts + 1;
        }

        @Override
        public List<CartEvent> handle(Integer carts) {
            Require.that(carts == 0, "has a cart");
            return List.of();
        }
    }

    @Test
    void an_earlier_event_has_the_tags_that_it_was_given() {
        EarlierEvent added = EarlierEvent.of(CART, "cart.item-added", "{\"cart\":\"cart-1\",\"item\":\"pen\"}");

        CommandScenario.given(added.withTags(EventTag.of("customer", "ada"), EventTag.of("shop", "s")))
                .storedBy(serializer)
                .when(new Buy("ada"))
                .thenRejected(BusinessRuleViolationException.class);
        assertThatThrownBy(
                        () -> CommandScenario.given(added).storedBy(serializer).when(new Buy("ada")))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("does not count");
    }

    @Test
    void without_the_serializer_of_the_application_it_says_what_is_missing() {
        CommandScenario scenario = CommandScenario.given(EarlierEvent.of(CART, "cart.viewed", "{}"));

        assertThat(EarlierEvent.of(CART, "cart.viewed", "{}")).hasToString("cart.viewed in stream 'cart-1'");
        assertThatThrownBy(() -> scenario.when(new Pay(CART)).thenUnchanged()).hasStackTraceContaining("storedBy(..)");
    }

    @Test
    void an_upcaster_is_tested_like_the_function_it_is() {
        // tag::upcaster-test[]
        ObjectNode before =
                JsonNodeFactory.instance.objectNode().put("cart", "cart-1").put("item", "pen");
        EventOrigin origin = new EventOrigin(UUID.randomUUID(), CART, EventMetadata.empty(), Instant.EPOCH);

        List<Part> made = itemAddedHasCurrency().apply(OldEvent.of("cart.item-added", before, origin));

        assertThat(made).hasSize(1);
        assertThat(made.get(0).typeName()).isEqualTo("cart.item-added@2");
        assertThat(made.get(0).json().get("currency").asString()).isEqualTo("EUR");
        // end::upcaster-test[]
    }
}
