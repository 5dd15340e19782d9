package io.eventcore.serialization;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.annotation.JsonAnyGetter;
import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonFormat;
import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import com.fasterxml.jackson.annotation.JsonValue;
import com.fasterxml.jackson.annotation.Nulls;
import io.eventcore.Event;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.Year;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.core.StreamWriteFeature;
import tools.jackson.core.json.JsonWriteFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Events of which the first ones survive their JSON form and a later one does not, for reasons that no look at the first
 * ones tells: each later one is refused.
 */
@SuppressWarnings({"ArrayRecordComponent", "NullableOptional"}) // It is what an application may write.
class LaterEventsTest {
    /** Events of one class: those of {@code stored} come first and come back, each of {@code refused} is refused after them. */
    record Row(String name, JsonMapper mapper, List<Event> stored, List<Event> refused) {
        @Override
        public String toString() {
            return name;
        }
    }

    private static Row row(String name, List<Event> stored, Event... refused) {
        return new Row(name, EventJson.builder().build(), stored, List.of(refused));
    }

    private static Row row(String name, JsonMapper.Builder mapper, Event stored, Event refused) {
        return new Row(name, mapper.build(), List.of(stored), List.of(refused));
    }

    // ---- nulls that come back as something

    record OfOptional(@Nullable Optional<String> v) implements Event {}

    record OfOptionalInt(@Nullable OptionalInt v) implements Event {}

    record OfOptionalLong(@Nullable OptionalLong v) implements Event {}

    record OfOptionalDouble(@Nullable OptionalDouble v) implements Event {}

    record OfOptionals(List<@Nullable Optional<String>> v) implements Event {}

    record OfNamedOptionals(Map<String, @Nullable Optional<String>> v) implements Event {}

    record OfReference(@Nullable AtomicReference<String> v) implements Event {}

    record OfJson(@Nullable JsonNode v) implements Event {}

    record Address(@Nullable String street, @Nullable String zip) {}

    record Unwrapped(@JsonUnwrapped @Nullable Address v, int number) implements Event {}

    record UnwrappedWithPrefix(
            @Nullable Address home,
            @JsonUnwrapped(prefix = "work_") @Nullable Address work) implements Event {}

    record Text(@Nullable String text) {
        @Override
        @JsonValue
        public @Nullable String text() {
            return text;
        }
    }

    record OfText(@Nullable Text v) implements Event {}

    record MaybeText(Optional<String> text) {
        @JsonCreator
        static MaybeText of(@Nullable String text) {
            return new MaybeText(Optional.ofNullable(text));
        }

        @JsonValue
        @Nullable
        String json() {
            return text.orElse(null);
        }
    }

    record OfMaybeText(MaybeText v) implements Event {}

    record Texts(@Nullable List<String> texts) {
        @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
        Texts {}

        @Override
        @JsonValue
        public @Nullable List<String> texts() {
            return texts;
        }
    }

    record OfTexts(@Nullable Texts v) implements Event {}

    // ---- accessors that say something else than the field

    record NeverNullTags(@Nullable List<String> tags) implements Event {
        @Override
        public List<String> tags() {
            return tags == null ? List.of() : tags;
        }
    }

    record NeverNullText(@Nullable String text) implements Event {
        @Override
        public String text() {
            return text == null ? "" : text;
        }
    }

    record Trimmed(String text) implements Event {
        @Override
        public String text() {
            return text.trim();
        }
    }

    static final class NeverNullBean implements Event {
        private @Nullable List<String> tags;

        static NeverNullBean of(@Nullable List<String> tags) {
            NeverNullBean bean = new NeverNullBean();
            bean.tags = tags;
            return bean;
        }

        public List<String> getTags() {
            return tags == null ? List.of() : tags;
        }

        public void setTags(List<String> tags) {
            this.tags = tags;
        }
    }

    // ---- constructors that change what they are given

    record Capped(int percent) implements Event {
        Capped {
            percent = percent > 100 ? percent / 2 : percent;
        }
    }

    // ---- annotations whose effect depends on the value

    record SkipsNulls(@JsonSetter(contentNulls = Nulls.SKIP) List<@Nullable String> v) implements Event {}

    record NullIsEmpty(
            @JsonSetter(nulls = Nulls.AS_EMPTY) @Nullable List<String> v) implements Event {}

    record FailsForNull(
            @JsonSetter(nulls = Nulls.FAIL) @Nullable String v) implements Event {}

    record FailsForNulls(
            @JsonSetter(contentNulls = Nulls.FAIL) List<@Nullable String> v) implements Event {}

    record Range(int low, int high) {
        @JsonValue
        String json() {
            return low + "-" + high;
        }

        @JsonCreator
        static Range of(String text) {
            List<String> parts = List.of(text.split("-", -1));
            return new Range(Integer.parseInt(parts.get(0)), Integer.parseInt(parts.get(1)));
        }
    }

    record OfRange(Range v) implements Event {}

    record Money(BigDecimal amount, String currency) {
        @JsonValue
        String json() {
            return (amount.setScale(2, RoundingMode.HALF_UP) + " " + currency).strip();
        }

        @JsonCreator
        static Money of(String text) {
            List<String> parts = List.of(text.split(" ", -1));
            return new Money(new BigDecimal(parts.get(0)), parts.get(1));
        }
    }

    record OfMoney(Money v) implements Event {}

    @JsonTypeInfo(
            use = JsonTypeInfo.Id.NAME,
            include = JsonTypeInfo.As.EXISTING_PROPERTY,
            property = "kind",
            visible = true)
    @JsonSubTypes({
        @JsonSubTypes.Type(value = Kinded.A.class, name = "a"),
        @JsonSubTypes.Type(value = Kinded.B.class, name = "b")
    })
    sealed interface Kinded {
        record A(@Nullable String kind, int number) implements Kinded {}

        record B(String kind, int number) implements Kinded {}
    }

    record OfKinded(Kinded v) implements Event {}

    static final class Extras implements Event {
        public @Nullable String name;

        private final Map<String, String> extras = new HashMap<>();

        static Extras of(@Nullable String name, Map<String, String> extras) {
            Extras event = new Extras();
            event.name = name;
            event.extras.putAll(extras);
            return event;
        }

        @JsonAnyGetter
        public Map<String, String> others() {
            return extras;
        }

        @JsonAnySetter
        public void other(String key, String value) {
            extras.put(key, value);
        }
    }

    static final class Formatted implements Event {
        private @Nullable LocalDateTime at;

        static Formatted of(LocalDateTime at) {
            Formatted event = new Formatted();
            event.at = at;
            return event;
        }

        @JsonProperty("when")
        @JsonFormat(pattern = "yyyy-MM-dd HH:mm")
        public @Nullable LocalDateTime happened() {
            return at;
        }

        @JsonProperty("when")
        public void happened(LocalDateTime at) {
            this.at = at;
        }
    }

    record SameTwice(
            Address whole, @JsonIgnoreProperties("zip") Address part) implements Event {}

    // ---- values of the platform

    record OfDecimal(BigDecimal v) implements Event {}

    record OfCollection(Collection<String> v) implements Event {}

    record OfDouble(double v) implements Event {}

    record OfDateTime(LocalDateTime v) implements Event {}

    record OfNumbers(@Nullable List<@Nullable Integer> v) implements Event {}

    record OfString(@Nullable String v) implements Event {}

    static List<Row> rows() {
        LocalDateTime minute = LocalDateTime.of(2026, 1, 1, 1, 1);
        Map<String, @Nullable Optional<String>> named = new HashMap<>();
        named.put("a", null);
        Address same = new Address("street", "zip");
        return List.of(
                row(
                        "an optional that is null",
                        List.of(new OfOptional(Optional.of("a")), new OfOptional(Optional.empty())),
                        new OfOptional(null)),
                row(
                        "an optional int that is null",
                        List.of(new OfOptionalInt(OptionalInt.of(1)), new OfOptionalInt(OptionalInt.empty())),
                        new OfOptionalInt(null)),
                row(
                        "an optional long that is null",
                        List.of(new OfOptionalLong(OptionalLong.of(Long.MIN_VALUE))),
                        new OfOptionalLong(null)),
                row(
                        "an optional double that is null",
                        List.of(
                                new OfOptionalDouble(OptionalDouble.of(Double.NaN)),
                                new OfOptionalDouble(OptionalDouble.of(Double.NEGATIVE_INFINITY))),
                        new OfOptionalDouble(null)),
                row(
                        "a null in a list of optionals",
                        List.of(new OfOptionals(List.of(Optional.of("a"), Optional.empty()))),
                        new OfOptionals(Arrays.asList(Optional.of("a"), null))),
                row(
                        "a null in a map of optionals",
                        List.of(new OfNamedOptionals(Map.of("a", Optional.of("b")))),
                        new OfNamedOptionals(named)),
                row(
                        "a reference that is null",
                        List.of(new OfReference(new AtomicReference<>("a")), new OfReference(new AtomicReference<>())),
                        new OfReference(null)),
                row(
                        "JSON that is null, or has a number beyond all",
                        List.of(new OfJson(json("{\"a\":1.5,\"b\":null}")), new OfJson(json("null"))),
                        new OfJson(null),
                        new OfJson(json("1e400")),
                        new OfJson(json("{\"a\":[1e400]}"))),
                row("an unwrapped null", List.of(new Unwrapped(same, 1)), new Unwrapped(null, 1)),
                row(
                        "an unwrapped null with a prefix",
                        List.of(new UnwrappedWithPrefix(same, new Address("a", "b"))),
                        new UnwrappedWithPrefix(null, null)),
                row(
                        "a value around null",
                        List.of(new OfText(new Text("a")), new OfText(new Text("")), new OfText(null)),
                        new OfText(new Text(null))),
                row(
                        "a value around nothing",
                        List.of(new OfMaybeText(MaybeText.of("a"))),
                        new OfMaybeText(MaybeText.of(null))),
                row(
                        "a delegating value around null",
                        List.of(new OfTexts(new Texts(List.of("a"))), new OfTexts(null)),
                        new OfTexts(new Texts(null))),
                row(
                        "an accessor that hides null",
                        List.of(new NeverNullTags(List.of("a")), new NeverNullTags(List.of())),
                        new NeverNullTags(null)),
                row(
                        "an accessor that hides a null text",
                        List.of(new NeverNullText("a"), new NeverNullText("")),
                        new NeverNullText(null)),
                row("an accessor that trims", List.of(new Trimmed("a")), new Trimmed(" a ")),
                row("a getter that hides null", List.of(NeverNullBean.of(List.of("a"))), NeverNullBean.of(null)),
                row("a constructor that changes some values", List.of(new Capped(7)), new Capped(300)),
                row(
                        "nulls that are skipped",
                        List.of(new SkipsNulls(List.of("a"))),
                        new SkipsNulls(Arrays.asList("a", null))),
                row("null read as empty", List.of(new NullIsEmpty(List.of("a"))), new NullIsEmpty(null)),
                row("null that fails", List.of(new FailsForNull("a")), new FailsForNull(null)),
                row(
                        "nulls that fail",
                        List.of(new FailsForNulls(List.of("a"))),
                        new FailsForNulls(Arrays.asList("a", null))),
                row(
                        "a value written as text: a sign is taken for a hyphen",
                        List.of(new OfRange(new Range(1, 5))),
                        new OfRange(new Range(-1, 5)),
                        new OfRange(new Range(0, -5))),
                row(
                        "a value written as text: rounded, or with an empty part",
                        List.of(new OfMoney(new Money(new BigDecimal("1.25"), "EUR"))),
                        new OfMoney(new Money(new BigDecimal("1.255"), "EUR")),
                        new OfMoney(new Money(new BigDecimal("1.25"), ""))),
                row(
                        "a kind that is no kind, or another one's",
                        List.of(new OfKinded(new Kinded.A("a", 1)), new OfKinded(new Kinded.B("b", 1))),
                        new OfKinded(new Kinded.A("b", 2)),
                        new OfKinded(new Kinded.A(null, 2))),
                row(
                        "an extra property named like a field",
                        List.of(Extras.of("name", Map.of("key", "value"))),
                        Extras.of("name", Map.of("name", "other")),
                        Extras.of(null, Map.of("name", "other"))),
                row(
                        "a format on a method named otherwise",
                        List.of(Formatted.of(minute)),
                        Formatted.of(minute.plusSeconds(33))),
                row(
                        "one value at two places of which one loses something",
                        List.of(new SameTwice(same, new Address("a", null))),
                        new SameTwice(same, same)),
                new Row(
                        "decimals beyond what is read",
                        EventJson.builder().build(),
                        List.of(
                                new OfDecimal(new BigDecimal("1.5")),
                                new OfDecimal(new BigDecimal("1E+1000000000")),
                                new OfDecimal(new BigDecimal(BigInteger.ONE, Integer.MAX_VALUE)),
                                new OfDecimal(new BigDecimal("0E-400"))),
                        List.of(
                                decimal("1", Integer.MIN_VALUE),
                                decimal("10", Integer.MIN_VALUE),
                                decimal("123456789", Integer.MIN_VALUE),
                                decimal("0", Integer.MIN_VALUE),
                                decimal("7".repeat(600), Integer.MIN_VALUE))),
                row("a set as a collection", List.of(new OfCollection(List.of("a"))), new OfCollection(Set.of("a"))),
                row(
                        "a setting: infinity without quotes",
                        EventJson.builder().disable(JsonWriteFeature.WRITE_NAN_AS_STRINGS),
                        new OfDouble(1),
                        new OfDouble(Double.NaN)),
                row(
                        "a setting: the format of a class",
                        EventJson.builder()
                                .withConfigOverride(
                                        LocalDateTime.class,
                                        times -> times.setFormat(JsonFormat.Value.forPattern("yyyy-MM-dd HH:mm"))),
                        new OfDateTime(minute),
                        new OfDateTime(minute.plusSeconds(33))),
                row(
                        "a setting: null is an empty list",
                        EventJson.builder()
                                .withConfigOverride(
                                        List.class,
                                        lists -> lists.setNullHandling(JsonSetter.Value.forValueNulls(Nulls.AS_EMPTY))),
                        new OfNumbers(List.of(1)),
                        new OfNumbers(null)),
                row(
                        "a setting: nulls in lists are skipped",
                        EventJson.builder().changeDefaultNullHandling(nulls -> nulls.withContentNulls(Nulls.SKIP)),
                        new OfNumbers(List.of(1)),
                        new OfNumbers(Arrays.asList(1, null))),
                row(
                        "a setting: null is no argument of a constructor",
                        EventJson.builder().enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES),
                        new OfString("a"),
                        new OfString(null)),
                row(
                        "a setting: decimals without exponents",
                        EventJson.builder().enable(StreamWriteFeature.WRITE_BIGDECIMAL_AS_PLAIN),
                        new OfDecimal(new BigDecimal("1.5")),
                        new OfDecimal(new BigDecimal("1E+5"))));
    }

    private static OfDecimal decimal(String unscaled, int scale) {
        return new OfDecimal(new BigDecimal(new BigInteger(unscaled), scale));
    }

    private static JsonNode json(String text) {
        return JsonMapper.shared().readTree(text);
    }

    @ParameterizedTest
    @MethodSource("rows")
    void a_later_event_that_would_not_come_back_is_refused(Row row) {
        Class<? extends Event> type = row.stored.get(0).getClass();
        EventTypes types = EventTypes.builder().register(type, "event").build();
        JacksonEventSerializer serializer = new JacksonEventSerializer(types, row.mapper);
        List<SerializedEvent> stored = new ArrayList<>();
        row.stored.forEach(event -> stored.add(serializer.serialize(event)));

        for (Event event : row.refused) {
            assertThatThrownBy(() -> serializer.serialize(event))
                    .as("%s", event)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining(type.getName());
        }

        JacksonEventSerializer later = new JacksonEventSerializer(types, row.mapper);
        for (int i = 0; i < stored.size(); i++) {
            assertThat(later.deserialize(stored.get(i)))
                    .usingRecursiveComparison()
                    .isEqualTo(row.stored.get(i));
        }
    }

    // ---- and those that held: refusing them would be wrong

    record OfYear(Year v) implements Event {}

    record OfInstant(
            @JsonFormat(shape = JsonFormat.Shape.NUMBER) Instant v) implements Event {}

    record OfDoubles(double[] v) implements Event {
        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof OfDoubles doubles && Arrays.equals(v, doubles.v);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(v);
        }
    }

    record Copied(@Nullable List<String> v) implements Event {
        Copied {
            v = v == null ? null : List.copyOf(v);
        }
    }

    record OfUnits(Map<ChronoUnit, Set<Character>> v) implements Event {}

    static List<Event> whatHolds() {
        return List.of(
                new OfString("\uD800"),
                new OfString("\0\u2028\uFEFF\uFFFF"),
                new OfString("x".repeat(7_999) + "\uDC00y"),
                new OfString(null),
                new OfYear(Year.of(Year.MIN_VALUE)),
                new OfYear(Year.of(0)),
                new OfInstant(Instant.ofEpochSecond(1, 123_456_789)),
                new OfInstant(Instant.MAX),
                new OfDoubles(new double[] {Double.NaN, Double.NEGATIVE_INFINITY, -0.0}),
                new OfDoubles(new double[0]),
                new Copied(null),
                new Copied(List.of("a")),
                new OfUnits(Map.of(ChronoUnit.DAYS, Set.of('\uD83D', 'a'))),
                new OfCollection(List.of()),
                decimal("7".repeat(600), Integer.MAX_VALUE),
                decimal("3".repeat(3_000), -50),
                new UnwrappedWithPrefix(new Address("a", null), new Address(null, "b")),
                new OfNumbers(Arrays.asList(1, null)),
                new OfKinded(new Kinded.B("b", 0)));
    }

    @ParameterizedTest
    @MethodSource("whatHolds")
    void what_comes_back_is_stored(Event event) {
        EventTypes types =
                EventTypes.builder().register(event.getClass(), "event").build();

        SerializedEvent stored = new JacksonEventSerializer(types).serialize(event);

        assertThat(new JacksonEventSerializer(types).deserialize(stored)).matches(back -> Objects.equals(back, event));
    }
}
