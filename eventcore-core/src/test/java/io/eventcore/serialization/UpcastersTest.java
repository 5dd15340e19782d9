package io.eventcore.serialization;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.eventcore.Event;
import io.eventcore.EventMetadata;
import io.eventcore.EventType;
import io.eventcore.StreamId;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** What was stored in an earlier shape is read as what upcasters make of it; those that do not fit stop the start. */
class UpcastersTest {
    private static final EventOrigin ORIGIN = new EventOrigin(
            new UUID(7, 8),
            StreamId.of("cart-1"),
            EventMetadata.empty().withActor("ada"),
            Instant.parse("2020-02-02T02:02:02Z"));

    sealed interface CartEvent extends Event {
        @EventType(value = "cart.item-added", revision = 3)
        record ItemAdded(String item, int count, String currency) implements CartEvent {}

        @EventType("cart.closed")
        record Closed(String by) implements CartEvent {}

        @EventType("cart.paid")
        record Paid(long cents) implements CartEvent {}
    }

    @EventType(value = "cart.renamed", revision = 2, aliases = "cart.renamed")
    record Renamed(String name) implements Event {}

    private static final Upcaster COUNTED = Upcaster.from("cart.item-added")
            .toRevision(2, event -> event.object().put("count", 1));

    private static final Upcaster PRICED = Upcaster.from("cart.item-added@2")
            .toRevision(3, event -> event.object().put("currency", "EUR"));

    private static final Upcaster CHECKED_OUT = Upcaster.from("cart.checked-out")
            .toParts(
                    List.of("cart.closed", "cart.paid"),
                    event -> List.of(
                            new Upcaster.Part("cart.closed", object().put("by", "somebody")),
                            new Upcaster.Part("cart.paid", object().put("cents", 5))));

    private static ObjectNode object() {
        return JsonNodeFactory.instance.objectNode();
    }

    private static EventTypes types(Upcaster... upcasters) {
        EventTypes.Builder types = EventTypes.builder().register(CartEvent.class);
        for (Upcaster upcaster : upcasters) {
            types.upcaster(upcaster);
        }
        return types.build();
    }

    private static List<Event> read(EventTypes types, String name, String json) {
        return new JacksonEventSerializer(types)
                .deserialize(SerializedEvent.of(name, json.getBytes(StandardCharsets.UTF_8)), ORIGIN).stream()
                        .map(EventPart::event)
                        .toList();
    }

    @Test
    void the_number_of_a_later_revision_is_part_of_the_stored_name() {
        EventTypes types = types(COUNTED, PRICED);

        assertThat(types.nameOf(CartEvent.ItemAdded.class)).isEqualTo("cart.item-added@3");
        assertThat(types.nameOf(CartEvent.Closed.class)).isEqualTo("cart.closed");
    }

    @Test
    void a_chain_is_gone_through_from_any_of_its_names() {
        EventTypes types = types(PRICED, COUNTED);
        CartEvent.ItemAdded expected = new CartEvent.ItemAdded("pen", 1, "EUR");

        assertThat(read(types, "cart.item-added", "{\"item\":\"pen\"}")).containsExactly(expected);
        assertThat(read(types, "cart.item-added@2", "{\"item\":\"pen\",\"count\":1}"))
                .containsExactly(expected);
        assertThat(read(types, "cart.item-added@3", "{\"item\":\"pen\",\"count\":1,\"currency\":\"EUR\"}"))
                .containsExactly(expected);
    }

    @Test
    void one_event_may_become_another_several_or_none() {
        EventTypes types = types(
                COUNTED,
                PRICED,
                CHECKED_OUT,
                Upcaster.from("cart.viewed").toNothing(),
                Upcaster.from("cart.ended").to("cart.checked-out", OldEvent::json));

        assertThat(read(types, "cart.checked-out", "{}"))
                .containsExactly(new CartEvent.Closed("somebody"), new CartEvent.Paid(5));
        assertThat(read(types, "cart.ended", "{}"))
                .containsExactly(new CartEvent.Closed("somebody"), new CartEvent.Paid(5));
        assertThat(read(types, "cart.viewed", "{}")).isEmpty();
    }

    @Test
    void an_upcaster_knows_what_was_stored_beside_the_payload() {
        Upcaster knowing = Upcaster.from("cart.shut")
                .to(
                        "cart.closed",
                        event -> object().put(
                                        "by",
                                        String.join(
                                                " ",
                                                event.typeName(),
                                                event.id().toString(),
                                                event.streamId().value(),
                                                event.metadata().actor().orElse(""),
                                                event.recordedAt().toString())));

        assertThat(read(types(COUNTED, PRICED, knowing), "cart.shut", "{}"))
                .containsExactly(new CartEvent.Closed(
                        "cart.shut 00000000-0000-0007-0000-000000000008 cart-1 ada 2020-02-02T02:02:02Z"));
    }

    @Test
    void a_name_that_leads_to_a_type_is_found_with_that_type() {
        EventTypes types =
                types(COUNTED, PRICED, CHECKED_OUT, Upcaster.from("cart.viewed").toNothing());

        assertThat(types.namesOf(CartEvent.ItemAdded.class))
                .containsExactlyInAnyOrder("cart.item-added@3", "cart.item-added@2", "cart.item-added");
        assertThat(types.namesOf(CartEvent.Paid.class)).containsExactlyInAnyOrder("cart.paid", "cart.checked-out");
        assertThat(types.namesOf(CartEvent.class))
                .containsExactlyInAnyOrder(
                        "cart.item-added@3",
                        "cart.item-added@2",
                        "cart.item-added",
                        "cart.closed",
                        "cart.paid",
                        "cart.checked-out");
    }

    @Test
    void what_an_upcaster_keeps_of_a_tree_is_not_what_others_get() {
        ObjectNode template = object().put("by", "template");
        template.set("inner", object().put("seen", 0));
        Upcaster sharing = Upcaster.from("a")
                .toParts(
                        List.of("b"),
                        event -> List.of(new Upcaster.Part("b", template), new Upcaster.Part("b", template)));
        Upcaster changing = Upcaster.from("b").to("cart.closed", event -> {
            ObjectNode inner = (ObjectNode) event.object().remove("inner");
            inner.put("seen", inner.get("seen").asInt() + 1);
            return event.object().put("by", inner.get("seen").asString());
        });

        assertThat(read(types(COUNTED, PRICED, sharing, changing), "a", "{}"))
                .containsExactly(new CartEvent.Closed("1"), new CartEvent.Closed("1"));
        assertThat(template.get("inner").get("seen").asInt()).isZero();
    }

    @Test
    void an_event_in_its_newest_shape_is_read_back_through_no_upcaster() {
        JacksonEventSerializer serializer = new JacksonEventSerializer(types(COUNTED, PRICED));
        SerializedEvent stored = serializer.serialize(new CartEvent.ItemAdded("pen", 2, "USD"));

        assertThat(stored.typeName()).isEqualTo("cart.item-added@3");
        assertThat(serializer.deserialize(stored)).isEqualTo(new CartEvent.ItemAdded("pen", 2, "USD"));
    }

    @Test
    void an_upcaster_that_throws_is_named_and_what_it_says_is_not_quoted() {
        Upcaster failing = Upcaster.from("cart.shut").to("cart.closed", event -> {
            throw new IllegalStateException("secret " + event.json());
        });

        assertThatThrownBy(() -> read(types(COUNTED, PRICED, failing), "cart.shut", "{\"by\":\"secret\"}"))
                .hasMessageContaining("from 'cart.shut' to 'cart.closed' (" + UpcastersTest.class.getName() + ")")
                .hasStackTraceContaining("IllegalStateException")
                .satisfies(failure -> assertThat(textOf(failure)).doesNotContain("secret"));
    }

    @Test
    void what_an_upcaster_makes_and_no_class_can_read_names_the_shape_and_quotes_nothing() {
        Upcaster wrong = Upcaster.from("cart.shut").to("cart.paid", event -> object().put("cents", "secret"));

        assertThatThrownBy(() -> read(types(COUNTED, PRICED, wrong), "cart.shut", "{}"))
                .hasMessageContaining("as the 'cart.paid' that upcasters turn it into")
                .satisfies(failure -> assertThat(textOf(failure)).doesNotContain("secret"));
        assertThatThrownBy(() -> read(types(COUNTED, PRICED, wrong), "cart.shut", "{\"a\":\"secret\"} secret"))
                .satisfies(failure -> assertThat(textOf(failure)).doesNotContain("secret"));
    }

    @Test
    void an_upcaster_that_breaks_its_contract_is_told_so() {
        Upcaster nothing = Upcaster.from("a").to("cart.paid", event -> nothing());
        Upcaster noList = Upcaster.from("b").toParts(List.of("cart.paid"), event -> nothing());
        Upcaster undeclared = Upcaster.from("c")
                .toParts(List.of("cart.paid"), event -> List.of(new Upcaster.Part("cart.closed", object())));
        EventTypes types = types(COUNTED, PRICED, nothing, noList, undeclared);

        assertThatThrownBy(() -> read(types, "a", "{}")).hasMessageContaining("null instead of a payload");
        assertThatThrownBy(() -> read(types, "b", "{}")).hasMessageContaining("null instead of a list");
        assertThatThrownBy(() -> read(types, "c", "{}")).hasMessageContaining("did not declare");
        assertThatThrownBy(() -> read(types(COUNTED, PRICED), "cart.item-added", "[1]"))
                .hasStackTraceContaining("IllegalStateException");
    }

    @SuppressWarnings({"NullAway", "TypeParameterUnusedInFormals"}) // What code without null checks does.
    private static <T> T nothing() {
        return null;
    }

    private static String textOf(Throwable failure) {
        StringWriter text = new StringWriter();
        failure.printStackTrace(new PrintWriter(text));
        return text.toString();
    }

    @Test
    void two_upcasters_for_one_name_are_refused() {
        assertThatExceptionOfType(InvalidUpcastersException.class)
                .isThrownBy(() ->
                        types(COUNTED, PRICED, Upcaster.from("cart.item-added").toNothing()))
                .satisfies(refusal -> {
                    assertThat(refusal.problem())
                            .contains("'cart.item-added'", "to 'cart.item-added@2'", "to nothing")
                            .contains(UpcastersTest.class.getName());
                    assertThat(refusal.remedy()).isNotBlank();
                    assertThat(refusal).hasMessage(refusal.problem() + ". " + refusal.remedy());
                });
    }

    @Test
    void a_missing_link_is_refused_with_both_its_ends() {
        assertThatExceptionOfType(InvalidUpcastersException.class)
                .isThrownBy(() -> types(COUNTED))
                .withMessageContaining("from 'cart.item-added' to 'cart.item-added@2'")
                .withMessageContaining("is stored as 'cart.item-added@3': add an upcaster from 'cart.item-added@2'");
        assertThatExceptionOfType(InvalidUpcastersException.class)
                .isThrownBy(() -> types(COUNTED, PRICED, Upcaster.from("a").to("b", OldEvent::json)))
                .withMessageContaining("from 'a' to 'b'");
    }

    @Test
    void a_class_whose_earlier_shape_nothing_reads_is_refused() {
        assertThatExceptionOfType(InvalidUpcastersException.class)
                .isThrownBy(() -> types(PRICED))
                .withMessageContaining(CartEvent.ItemAdded.class.getName())
                .withMessageContaining("'cart.item-added@3', and nothing reads what was stored as 'cart.item-added'.");
        assertThat(EventTypes.of(Renamed.class).namesOf(Renamed.class))
                .containsExactlyInAnyOrder("cart.renamed@2", "cart.renamed");
        assertThat(EventTypes.builder()
                        .register(CartEvent.class)
                        .forNewEventsOnly()
                        .build()
                        .types())
                .hasSize(3);
    }

    @Test
    void a_circle_is_refused() {
        assertThatExceptionOfType(InvalidUpcastersException.class)
                .isThrownBy(() -> types(
                        COUNTED,
                        PRICED,
                        Upcaster.from("into").to("a", OldEvent::json),
                        Upcaster.from("a").to("b", OldEvent::json),
                        Upcaster.from("b").toParts(Set.of("cart.paid", "a"), event -> List.of())))
                .withMessageContaining("'a' to 'b' to 'a'");
        assertThatExceptionOfType(InvalidUpcastersException.class)
                .isThrownBy(() -> types(COUNTED, PRICED, Upcaster.from("a").to("a", OldEvent::json)))
                .withMessageContaining("'a' to 'a'");
    }

    @Test
    void many_ways_that_meet_again_are_no_circle_and_take_no_time() {
        EventTypes.Builder types =
                EventTypes.builder().register(CartEvent.class).upcaster(COUNTED).upcaster(PRICED);
        for (int step = 0; step < 60; step++) {
            String next = step == 59 ? "cart.paid" : "step-" + (step + 1);
            types.upcaster(Upcaster.from("step-" + step)
                    .toParts(List.of(next, "cart.closed", "side-" + step), event -> List.of()));
            types.upcaster(Upcaster.from("side-" + step).to(next, OldEvent::json));
        }

        assertThat(types.build().namesOf(CartEvent.Paid.class)).hasSize(121);
    }

    @Test
    void a_name_that_a_class_reads_already_is_refused() {
        assertThatExceptionOfType(InvalidUpcastersException.class)
                .isThrownBy(
                        () -> types(COUNTED, PRICED, Upcaster.from("cart.paid").toNothing()))
                .withMessageContaining(CartEvent.Paid.class.getName())
                .withMessageContaining("from 'cart.paid' to nothing");
    }

    @EventType(value = "cart.old@2", revision = 3)
    record NumberedTwice() implements Event {}

    @EventType(value = "cart.old", revision = 0)
    record Unnumbered() implements Event {}

    @Test
    void revisions_only_grow() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Upcaster.from("cart.item-added@3").toRevision(2, OldEvent::json))
                .withMessageContaining("cart.item-added@3");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Upcaster.from("cart.item-added").toRevision(1, OldEvent::json));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> EventTypes.of(NumberedTwice.class))
                .withMessageContaining("cart.old@2");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> EventTypes.of(Unnumbered.class))
                .withMessageContaining("at least 1");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Upcaster.from("a").toParts(List.of(), event -> List.of()))
                .withMessageContaining("toNothing()");
    }

    @Test
    void what_no_event_can_be_stored_under_begins_no_upcaster() {
        for (String name : List.of("", " a", "a ", "a\nb", "a\uD800", "a".repeat(256))) {
            assertThatIllegalArgumentException()
                    .as(name)
                    .isThrownBy(() -> Upcaster.from(name))
                    .withMessageContaining("1 to 255 characters");
        }
        for (String name : List.of("a@1", "a@0", "a@01", "a@02", "a@9999999999")) {
            assertThatIllegalArgumentException()
                    .as(name)
                    .isThrownBy(() -> Upcaster.from(name).toRevision(2, OldEvent::json))
                    .withMessageContaining(name);
            // A class may have had such a name.
            assertThat(Upcaster.from(name).to("b", OldEvent::json).from()).isEqualTo(name);
        }
        assertThat(Upcaster.from("a@10").toRevision(11, OldEvent::json).to()).containsExactly("a@11");
    }

    @Test
    void how_events_are_read_has_a_key_that_changes_with_the_upcasters() {
        EventTypes.Builder none = EventTypes.builder().register(CartEvent.class).forNewEventsOnly();

        assertThat(none.build().readingKey()).isEmpty();
        assertThat(types(COUNTED, PRICED).readingKey())
                .isNotEmpty()
                .isEqualTo(types(PRICED, COUNTED).readingKey())
                .isNotEqualTo(types(PRICED, COUNTED, CHECKED_OUT).readingKey());
    }
}
