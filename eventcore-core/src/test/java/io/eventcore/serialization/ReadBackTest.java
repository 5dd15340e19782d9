package io.eventcore.serialization;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.fasterxml.jackson.annotation.JsonFormat;
import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import io.eventcore.AppendLimits;
import io.eventcore.Event;
import io.eventcore.EventSerializationException;
import io.eventcore.ExpectedVersion;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.serialization.internal.SerializedAppend;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.math.BigDecimal;
import java.time.LocalDateTime;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.core.JsonGenerator;
import tools.jackson.databind.SerializationContext;
import tools.jackson.databind.ValueSerializer;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.module.SimpleModule;

/** The first event of a class says little of the next ones: each is read back, however many came before. */
class ReadBackTest {
    private static final StreamId STREAM = StreamId.of("a");

    /** Events of one class: the first ones are stored, the last one is not. */
    record Later(String name, List<Event> stored, Event refused) {
        @Override
        public String toString() {
            return name;
        }
    }

    record Bits(String name, @Nullable BitSet bits) implements Event {}

    record ManyBits(List<@Nullable BitSet> bits) implements Event {}

    record MaybeBits(Optional<BitSet> bits) implements Event {}

    record NamedBits(Map<String, @Nullable BitSet> bits) implements Event {}

    @SuppressWarnings("ArrayRecordComponent") // It is what an application may write.
    record BitsInArray(@Nullable BitSet[] bits) implements Event {}

    record Inner(@Nullable BitSet bits) {}

    record NestedBits(Inner inner, List<Inner> more) implements Event {}

    static final class Hidden implements Event {
        public String name = "";

        @JsonIgnore
        public int number;

        @JsonIgnore
        public boolean flag;

        static Hidden of(int number, boolean flag) {
            Hidden hidden = new Hidden();
            hidden.number = number;
            hidden.flag = flag;
            return hidden;
        }
    }

    record HiddenText(String name, @JsonIgnore @Nullable String text) implements Event {}

    record Loose(@Nullable Object anything) implements Event {}

    record LooseMap(Map<String, Object> attributes) implements Event {}

    @JsonTypeInfo(use = JsonTypeInfo.Id.NAME)
    @JsonSubTypes({
        @JsonSubTypes.Type(value = Method.Cash.class, name = "cash"),
        @JsonSubTypes.Type(value = Method.Card.class, name = "card")
    })
    sealed interface Method {
        record Cash(long cents) implements Method {}

        record Card(@JsonIgnore String number) implements Method {}
    }

    record Paid(Method method) implements Event {}

    record PaidInParts(List<Method> methods) implements Event {}

    record Tree(@Nullable Tree left, @Nullable BitSet bits) implements Event {}

    record Minute(
            @JsonFormat(pattern = "yyyy-MM-dd'T'HH:mm") LocalDateTime at) implements Event {}

    record Lines(@JsonInclude(JsonInclude.Include.NON_EMPTY) List<String> lines) implements Event {}

    static class Open {
        private final String a;

        Open(String a) {
            this.a = a;
        }

        public String getA() {
            return a;
        }
    }

    static final class Wider extends Open {
        Wider(String a) {
            super(a);
        }
    }

    record OfOpen(Open open) implements Event {}

    record Outer<T>(T content) {}

    record Generic(Outer<? extends Number> number) implements Event {}

    static List<Later> laterEvents() {
        BitSet bits = new BitSet();
        bits.set(1);
        Inner filled = new Inner(bits);
        Inner empty = new Inner(null);
        Map<String, @Nullable BitSet> nothing = new HashMap<>();
        nothing.put("a", null);
        return List.of(
                new Later("null", List.of(new Bits("a", null), new Bits("b", null)), new Bits("c", bits)),
                new Later(
                        "an empty list",
                        List.of(new ManyBits(List.of()), new ManyBits(Arrays.asList((BitSet) null))),
                        new ManyBits(List.of(bits))),
                new Later(
                        "an empty optional",
                        List.of(new MaybeBits(Optional.empty())),
                        new MaybeBits(Optional.of(bits))),
                new Later(
                        "an empty map",
                        List.of(new NamedBits(Map.of()), new NamedBits(nothing)),
                        new NamedBits(Map.of("a", bits))),
                new Later(
                        "an empty array",
                        List.of(new BitsInArray(new BitSet[0])),
                        new BitsInArray(new @Nullable BitSet[] {bits})),
                new Later(
                        "nested",
                        List.of(new NestedBits(empty, List.of()), new NestedBits(empty, List.of(empty))),
                        new NestedBits(empty, List.of(empty, filled))),
                new Later("zero", List.of(Hidden.of(0, false)), Hidden.of(1, false)),
                new Later("false", List.of(Hidden.of(0, false)), Hidden.of(0, true)),
                new Later("no text", List.of(new HiddenText("a", null)), new HiddenText("b", "text")),
                new Later("an integer", List.of(new Loose(1), new Loose("a"), new Loose(null)), new Loose(1L)),
                new Later(
                        "a text",
                        List.of(new LooseMap(Map.of()), new LooseMap(Map.of("a", "b"))),
                        new LooseMap(Map.of("a", new BigDecimal("1.5")))),
                new Later(
                        "another subtype",
                        List.of(new Paid(new Method.Cash(1)), new Paid(new Method.Cash(2))),
                        new Paid(new Method.Card("1"))),
                new Later(
                        "other subtypes",
                        List.of(new PaidInParts(List.of(new Method.Cash(1)))),
                        new PaidInParts(List.of(new Method.Cash(2), new Method.Card("1")))),
                new Later(
                        "a recursion",
                        List.of(new Tree(null, null), new Tree(new Tree(null, null), null)),
                        new Tree(new Tree(new Tree(null, bits), null), null)),
                new Later(
                        "a full minute",
                        List.of(new Minute(LocalDateTime.of(2026, 1, 1, 0, 0))),
                        new Minute(LocalDateTime.of(2026, 1, 1, 0, 0, 1))),
                new Later("a full list", List.of(new Lines(List.of("a"))), new Lines(List.of())),
                new Later("the class itself", List.of(new OfOpen(new Open("a"))), new OfOpen(new Wider("a"))),
                new Later(
                        "a double",
                        List.of(new Generic(new Outer<>(1.5))),
                        new Generic(new Outer<>(new BigDecimal("1.5")))));
    }

    @ParameterizedTest
    @MethodSource("laterEvents")
    void what_is_new_in_a_later_event_is_read_back_too(Later later) {
        JacksonEventSerializer serializer = serializerOf(later.refused.getClass());
        for (Event event : later.stored) {
            assertThat(serializer.deserialize(serializer.serialize(event)))
                    .usingRecursiveComparison()
                    .isEqualTo(event);
        }

        assertThatIllegalStateException()
                .isThrownBy(() -> serializer.serialize(later.refused))
                .withMessageContaining(later.refused.getClass().getName());
    }

    @Test
    void the_append_is_refused_with_the_class_and_the_component_and_without_the_payload() {
        BitSet bits = new BitSet();
        bits.set(4711);
        StreamWrites writes = StreamWrites.empty()
                .registerStream(STREAM, ExpectedVersion.any())
                .append(STREAM, new NestedBits(new Inner(bits), List.of()));

        assertThatExceptionOfType(EventSerializationException.class)
                .isThrownBy(() -> SerializedAppend.of(writes, serializerOf(NestedBits.class), AppendLimits.defaults()))
                .withMessageContaining(NestedBits.class.getName())
                .withMessageContaining("component 'inner.bits' does not survive its JSON form")
                .satisfies(refusal -> assertThat(everythingIn(refusal)).doesNotContain("4711"));
    }

    @Test
    void an_event_that_cannot_be_read_is_refused_with_the_place_and_without_the_payload() {
        record Picky(String text) implements Event {
            Picky {
                if (text.startsWith("s3cr3t!")) {
                    throw new IllegalArgumentException("refused: " + text);
                }
                text = text + "!";
            }
        }

        Throwable refusal = catchThrowable(() -> serializerOf(Picky.class).serialize(new Picky("s3cr3t")));

        assertThat(refusal).hasMessageContaining(Picky.class.getName()).hasMessageContaining("not be read back");
        assertThat(everythingIn(refusal)).doesNotContain("s3cr3t");
    }

    @Test
    void what_the_application_writes_by_itself_is_read_back_in_every_event() {
        record Amount(BigDecimal euros) implements Event {}

        SimpleModule rounding = new SimpleModule("rounding").addSerializer(BigDecimal.class, new Rounding());
        JacksonEventSerializer serializer = new JacksonEventSerializer(
                typesOf(Amount.class), EventJson.builder().addModule(rounding).build());

        serializer.serialize(new Amount(new BigDecimal("1.50")));

        assertThatIllegalStateException()
                .isThrownBy(() -> serializer.serialize(new Amount(new BigDecimal("1.501"))))
                .withMessageContaining("'euros'");
    }

    private static final class Rounding extends ValueSerializer<BigDecimal> {
        @Override
        public void serialize(BigDecimal value, JsonGenerator generator, SerializationContext context) {
            generator.writeNumber(value.setScale(2, java.math.RoundingMode.HALF_UP));
        }
    }

    @Test
    void what_the_settings_of_a_mapper_lose_is_noticed() {
        record Listed(List<String> texts) implements Event {}

        JsonMapper withoutEmpty = EventJson.builder()
                .changeDefaultPropertyInclusion(
                        inclusion -> inclusion.withValueInclusion(JsonInclude.Include.NON_EMPTY))
                .build();
        JacksonEventSerializer serializer = new JacksonEventSerializer(typesOf(Listed.class), withoutEmpty);

        serializer.serialize(new Listed(List.of("a")));

        assertThatIllegalStateException().isThrownBy(() -> serializer.serialize(new Listed(List.of())));
    }

    private static JacksonEventSerializer serializerOf(Class<? extends Event> type) {
        return new JacksonEventSerializer(typesOf(type));
    }

    private static EventTypes typesOf(Class<? extends Event> type) {
        return EventTypes.builder().register(type, "event").build();
    }

    /** Message, causes, suppressed exceptions: all that a log would show. */
    private static String everythingIn(Throwable failure) {
        StringWriter text = new StringWriter();
        failure.printStackTrace(new PrintWriter(text));
        return text.toString();
    }
}
