package io.eventcore.serialization;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.annotation.JsonTypeName;
import com.fasterxml.jackson.annotation.JsonValue;
import io.eventcore.Event;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What is stored of a subtype or a constant is a name that the application gave, and that no refactoring changes. */
class NamesInStoredJsonTest {
    // ---- subtypes

    @JsonTypeInfo(use = JsonTypeInfo.Id.NAME)
    sealed interface Nameless {
        record One(int number) implements Nameless {}
    }

    @JsonTypeInfo(use = JsonTypeInfo.Id.SIMPLE_NAME)
    sealed interface Simple {
        record One(int number) implements Simple {}
    }

    @JsonTypeInfo(use = JsonTypeInfo.Id.NAME)
    @JsonSubTypes({
        @JsonSubTypes.Type(value = HalfNamed.One.class, name = "one"),
        @JsonSubTypes.Type(HalfNamed.Two.class)
    })
    sealed interface HalfNamed {
        record One(int number) implements HalfNamed {}

        record Two(int number) implements HalfNamed {}
    }

    @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, defaultImpl = WithDefault.Other.class)
    @JsonSubTypes(@JsonSubTypes.Type(value = WithDefault.One.class, name = "one"))
    interface WithDefault {
        record One(int number) implements WithDefault {}

        record Other(int number) implements WithDefault {}
    }

    record OfNameless(Nameless v) implements Event {}

    record OfSimple(List<Simple> v) implements Event {}

    record OfHalfNamed(HalfNamed v) implements Event {}

    record OfDefault(WithDefault v) implements Event {}

    record OfProperty(
            @JsonTypeInfo(use = JsonTypeInfo.Id.NAME) @JsonSubTypes(@JsonSubTypes.Type(Integer.class))
            Object v) implements Event {}

    static List<Event> withoutNames() {
        return List.of(
                new OfNameless(new Nameless.One(1)),
                new OfSimple(List.of(new Simple.One(1))),
                new OfHalfNamed(new HalfNamed.One(1)),
                new OfDefault(new WithDefault.Other(1)),
                new OfProperty(1));
    }

    @ParameterizedTest
    @MethodSource("withoutNames")
    void a_subtype_without_a_name_is_refused_with_its_class_and_the_line_to_add(Event event) {
        assertThatIllegalStateException()
                .isThrownBy(() -> serializerOf(event).serialize(event))
                .withMessageMatching(".*(One|Two|Other|Integer) has no name of its own as a .*@JsonTypeName.*");
    }

    @JsonTypeInfo(use = JsonTypeInfo.Id.SIMPLE_NAME)
    sealed interface Named {
        @JsonTypeName("one")
        record One(int number) implements Named {}

        @JsonTypeName("two")
        record Two(int number) implements Named {}
    }

    @JsonTypeInfo(use = JsonTypeInfo.Id.DEDUCTION)
    sealed interface Deduced {
        record One(int number) implements Deduced {}

        record Two(String text) implements Deduced {}
    }

    record OfNamed(Named v, Deduced w) implements Event {}

    record OfNamedAnything(
            @JsonTypeInfo(use = JsonTypeInfo.Id.NAME)
            @JsonSubTypes(@JsonSubTypes.Type(value = Nameless.One.class, name = "one"))
            Object v)
            implements Event {}

    @Test
    void a_component_of_any_type_may_name_what_it_holds() {
        assertThat(storedAs(new OfNamedAnything(new Nameless.One(1))))
                .isEqualTo("{\"v\":{\"@type\":\"one\",\"number\":1}}");
    }

    @Test
    void subtypes_with_names_and_deduced_ones_are_stored() {
        OfNamed event = new OfNamed(new Named.Two(1), new Deduced.Two("a"));

        assertThat(storedAs(event))
                .contains("\"two\"")
                .endsWith("\"w\":{\"text\":\"a\"}}")
                .doesNotContain("NamesInStoredJsonTest");
    }

    // ---- constants

    private static String label = "";

    enum Colour {
        RED {
            @Override
            public String toString() {
                return label;
            }
        },
        @JsonProperty("g")
        GREEN
    }

    enum Coded {
        FIRST("1"),
        SECOND("2");

        private final String code;

        Coded(String code) {
            this.code = code;
        }

        @JsonValue
        String code() {
            return code;
        }
    }

    record Painted(Colour colour, Map<Colour, Integer> counts, Coded coded) implements Event {}

    @AfterEach
    void originalLabel() {
        label = "";
    }

    @Test
    void a_constant_is_stored_by_its_name_also_as_a_key_and_read_when_its_label_is_another_one() {
        label = "Rot";
        Painted event = new Painted(Colour.RED, Map.of(Colour.RED, 1), Coded.FIRST);
        SerializedEvent stored = serializerOf(event).serialize(event);

        label = "Rouge";

        assertThat(new String(stored.payload(), StandardCharsets.UTF_8))
                .isEqualTo("{\"colour\":\"RED\",\"counts\":{\"RED\":1},\"coded\":\"1\"}");
        assertThat(serializerOf(event).deserialize(stored)).isEqualTo(event);
    }

    @Test
    void names_that_annotations_give_to_constants_are_honoured() {
        assertThat(storedAs(new Painted(Colour.GREEN, Map.of(Colour.GREEN, 1), Coded.SECOND)))
                .isEqualTo("{\"colour\":\"g\",\"counts\":{\"g\":1},\"coded\":\"2\"}");
    }

    private static String storedAs(Event event) {
        return new String(serializerOf(event).serialize(event).payload(), StandardCharsets.UTF_8);
    }

    private static JacksonEventSerializer serializerOf(Event event) {
        return new JacksonEventSerializer(
                EventTypes.builder().register(event.getClass(), "event").build());
    }
}
