package io.eventcore.serialization.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.fasterxml.jackson.annotation.JsonFilter;
import com.fasterxml.jackson.annotation.JsonFormat;
import com.fasterxml.jackson.annotation.JsonIdentityInfo;
import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonIncludeProperties;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonRawValue;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import com.fasterxml.jackson.annotation.JsonValue;
import com.fasterxml.jackson.annotation.ObjectIdGenerators;
import io.eventcore.StreamId;
import io.eventcore.serialization.EventJson;
import java.math.BigDecimal;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.sql.Time;
import java.sql.Timestamp;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.Year;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.temporal.Temporal;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.Date;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.LinkedList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.xml.datatype.DatatypeFactory;
import javax.xml.datatype.XMLGregorianCalendar;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.core.JsonGenerator;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.SerializationContext;
import tools.jackson.databind.ValueSerializer;
import tools.jackson.databind.annotation.JsonSerialize;
import tools.jackson.databind.cfg.EnumFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.module.SimpleModule;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.ser.std.SimpleFilterProvider;
import tools.jackson.databind.ser.std.StdSerializer;
import tools.jackson.databind.ser.std.ToStringSerializer;
import tools.jackson.databind.util.StdConverter;

/** Which commands are the same one: those that are equal, and no others. */
@SuppressWarnings({
    "ArrayRecordComponent",
    "JavaUtilDate",
    "JdkObsolete",
    "NullableOptional",
    "UnnecessaryStringBuilder",
    "UnusedMethod",
    "UnusedVariable"
}) // They are values like any others, and Jackson reads the fields.
class CanonicalJsonTest {
    /** Two commands, and the mapper they are written by. */
    record Pair(String name, JsonMapper mapper, Object one, Object other) {
        @Override
        public String toString() {
            return name;
        }
    }

    private static Pair pair(String name, Object one, Object other) {
        return new Pair(name, EventJson.builder().build(), one, other);
    }

    // ---- types of what the commands hold

    interface Means {}

    enum Card implements Means {
        FIRST,
        SECOND
    }

    enum Account implements Means {
        FIRST,
        SECOND
    }

    enum SameCode {
        A,
        B;

        @JsonValue
        String code() {
            return "x";
        }
    }

    enum SameName {
        @JsonProperty("x")
        A,
        @JsonProperty("x")
        B
    }

    enum SameText {
        A,
        B;

        @Override
        public String toString() {
            return "x";
        }
    }

    record Money(long cents, String currency) {
        @JsonValue
        long value() {
            return cents;
        }
    }

    record CardNumber(String digits) {
        @JsonValue
        String masked() {
            return "**" + digits.substring(2);
        }
    }

    static final class Secret {
        private final String text;

        Secret(String text) {
            this.text = text;
        }

        @JsonValue
        int length() {
            return text.length();
        }
    }

    static class Name {
        private final String name;

        Name(String name) {
            this.name = name;
        }

        @JsonValue
        String getName() {
            return name;
        }
    }

    static final class NameOf extends Name {
        private final String language;

        NameOf(String name, String language) {
            super(name);
            this.language = language;
        }
    }

    record Phone(@JsonValue String number) implements Means {}

    record Iban(@JsonValue String number) implements Means {}

    record Left(String text) {}

    record Right(String text) {}

    static final class Basket extends ArrayList<String> {
        private static final long serialVersionUID = 1L;
        private final String coupon;

        Basket(String coupon, String... items) {
            super(List.of(items));
            this.coupon = coupon;
        }

        @Override
        public boolean equals(Object other) {
            return super.equals(other) && other instanceof Basket basket && basket.coupon.equals(coupon);
        }

        @Override
        public int hashCode() {
            return super.hashCode();
        }
    }

    static final class Rates extends HashMap<String, Integer> {
        private static final long serialVersionUID = 1L;
        private final String day;

        Rates(String day) {
            super(Map.of("a", 1));
            this.day = day;
        }
    }

    static final class Tags extends LinkedHashSet<String> {
        private static final long serialVersionUID = 1L;
        private final String owner;

        Tags(String owner) {
            super(Set.of("a"));
            this.owner = owner;
        }
    }

    static final class Valued extends ArrayList<String> {
        private static final long serialVersionUID = 1L;

        @JsonValue
        private final String name = "n";

        Valued(String item) {
            super(List.of(item));
        }
    }

    static final class AllOf extends ArrayList<String> {
        private static final long serialVersionUID = 1L;

        AllOf(String... items) {
            super(List.of(items));
        }
    }

    static final class AnyOf extends ArrayList<String> {
        private static final long serialVersionUID = 1L;

        AnyOf(String... items) {
            super(List.of(items));
        }
    }

    static final class Amount extends Number {
        private static final long serialVersionUID = 1L;
        private final long cents;
        private final String currency;

        Amount(long cents, String currency) {
            this.cents = cents;
            this.currency = currency;
        }

        @Override
        public int intValue() {
            return (int) cents;
        }

        @Override
        public long longValue() {
            return cents;
        }

        @Override
        public float floatValue() {
            return cents;
        }

        @Override
        public double doubleValue() {
            return cents;
        }

        @Override
        public String toString() {
            return Long.toString(cents);
        }
    }

    static final class Price extends BigDecimal {
        private static final long serialVersionUID = 1L;
        private final String currency;

        Price(String value, String currency) {
            super(value);
            this.currency = currency;
        }
    }

    static final class Marked implements CharSequence {
        private final String text;
        private final String language;

        Marked(String text, String language) {
            this.text = text;
            this.language = language;
        }

        @Override
        public int length() {
            return text.length();
        }

        @Override
        public char charAt(int index) {
            return text.charAt(index);
        }

        @Override
        public CharSequence subSequence(int start, int end) {
            return text.subSequence(start, end);
        }

        @Override
        public String toString() {
            return text;
        }
    }

    static final class Pages implements Iterable<String> {
        private final List<String> pages;
        private final String title;

        Pages(String title, String... pages) {
            this.title = title;
            this.pages = List.of(pages);
        }

        @Override
        public Iterator<String> iterator() {
            return pages.iterator();
        }
    }

    static final class Dated extends Date {
        private static final long serialVersionUID = 1L;
        private final String calendar;

        Dated(String calendar) {
            super(0);
            this.calendar = calendar;
        }
    }

    /** A key whose text does not tell it from others, and which cannot be compared. */
    record Key(int number, String text) {
        @Override
        public String toString() {
            return text;
        }
    }

    record KeyOf(@JsonValue String number) {}

    static class Base {
        private final int count;

        Base(int count) {
            this.count = count;
        }
    }

    static final class Shadowing extends Base {
        private final int count;

        Shadowing(int hidden, int count) {
            super(hidden);
            this.count = count;
        }

        public int getCount() {
            return count;
        }
    }

    static class ShownBase {
        private final int count;

        ShownBase(int count) {
            this.count = count;
        }

        public int getCount() {
            return count;
        }
    }

    static final class ShadowingShown extends ShownBase {
        private final int count;
        public final int more = 1;

        ShadowingShown(int shown, int count) {
            super(shown);
            this.count = count;
        }
    }

    static class IgnoringBase {
        private final int count;

        IgnoringBase(int count) {
            this.count = count;
        }
    }

    static final class ShadowingIgnored extends IgnoringBase {
        @JsonIgnore
        private final int count = 0;

        public final int more = 1;

        ShadowingIgnored(int count) {
            super(count);
        }
    }

    static class Parent {
        public final String name;

        Parent(String name) {
            this.name = name;
        }
    }

    static final class Child extends Parent {
        public final int age;

        Child(String name, int age) {
            super(name);
            this.age = age;
        }
    }

    record Inner(String a, String b) {}

    @JsonSerialize(using = Lossy.class)
    record Written(String text) {}

    static final class Lossy extends StdSerializer<Object> {
        Lossy() {
            super(Object.class);
        }

        @Override
        public void serialize(Object value, JsonGenerator generator, SerializationContext context) {
            generator.writeString("x");
        }
    }

    static final class ToNothing extends StdConverter<String, String> {
        @Override
        public String convert(String value) {
            return "";
        }
    }

    static final class Registered {
        private final String text;

        Registered(String text) {
            this.text = text;
        }

        public String getText() {
            return text;
        }
    }

    @JsonFilter("nothing")
    record Filtered(String a, String b) {}

    @JsonIdentityInfo(generator = ObjectIdGenerators.PropertyGenerator.class, property = "id")
    record Identified(int id, String text) {}

    @JsonTypeInfo(use = JsonTypeInfo.Id.NAME)
    interface Named {}

    static final class One {
        enum Kind implements Named {
            X
        }
    }

    static final class Two {
        enum Kind implements Named {
            X
        }
    }

    // ---- commands

    record OfObject(@Nullable Object v) {}

    record OfMeans(Means v) {}

    record OfT<T>(T v) {}

    record OfNumber(Number v) {}

    record OfComparable(Comparable<?> v) {}

    record OfText(CharSequence v) {}

    record OfTemporal(Temporal v) {}

    record OfCollection(Collection<?> v) {}

    record OfList(List<String> v) {}

    record OfObjects(List<?> v) {}

    record OfSet(Set<?> v) {}

    private static final NoEquals TEA = new NoEquals("tea");
    private static final NoEquals SAME_TEA = new NoEquals("tea");

    static final class NoEquals {
        public final String item;

        NoEquals(String item) {
            this.item = item;
        }
    }

    record OfQueue(Queue<String> v) {}

    record OfIterable(Iterable<String> v) {}

    record OfArray(Object[] v) {}

    record OfMap(Map<?, ?> v) {}

    record OfKeys(Map<Key, Integer> v) {}

    record OfMapOfObjects(Map<String, Object> v) {}

    record OfRates(Map<String, Integer> v) {}

    record OfEntry(Map.Entry<Key, Integer> v) {}

    record OfMoney(Money v) {}

    record OfCardNumber(CardNumber v) {}

    record OfSecret(Secret v) {}

    record OfName(Name v) {}

    record OfSameCode(SameCode v) {}

    record OfSameName(SameName v) {}

    record OfSameText(SameText v) {}

    record OfSameCodes(Map<SameCode, Integer> v) {}

    record OfDate(Date v) {}

    record OfTimestamp(Timestamp v) {}

    record OfTime(Time v) {}

    record OfXml(XMLGregorianCalendar v) {}

    record OfSocket(InetSocketAddress v) {}

    private static XMLGregorianCalendar xml(String text) {
        return DatatypeFactory.newDefaultInstance().newXMLGregorianCalendar(text);
    }

    private static InetAddress host(String name, int last) {
        try {
            return InetAddress.getByAddress(name, new byte[] {10, 0, 0, (byte) last});
        } catch (UnknownHostException e) {
            throw new AssertionError(e);
        }
    }

    private static InetSocketAddress socket(String name, int last) {
        return new InetSocketAddress(host(name, last), 7);
    }

    record OfPattern(Pattern v) {}

    record OfNested(Optional<Optional<String>> v) {}

    record OfOptional(@Nullable Optional<String> v) {}

    record OfDecimals(Set<BigDecimal> v) {}

    record OfParent(Parent v) {}

    record OfNamed(Named v) {}

    record OfNode(JsonNode v) {}

    record AsParent(@JsonSerialize(as = Parent.class) Child v) {}

    record AsParents(
            @JsonSerialize(contentAs = Parent.class) List<Child> v) {}

    record StaticallyTyped(
            @JsonSerialize(typing = JsonSerialize.Typing.STATIC)
            Parent v) {}

    record OfFiltered(Filtered v) {}

    record OfWritten(Written v) {}

    record WrittenAs(
            @JsonSerialize(using = ToStringSerializer.class) Object v) {}

    record WrittenLossy(@JsonSerialize(using = Lossy.class) String v) {}

    record Converted(
            @JsonSerialize(converter = ToNothing.class) String v) {}

    record ContentLossy(
            @JsonSerialize(contentUsing = Lossy.class) List<String> v) {}

    record OfRegistered(Registered v) {}

    record OnlyDay(@JsonFormat(pattern = "yyyy-MM-dd") LocalDateTime v) {}

    record WithoutZone(
            @JsonFormat(without = JsonFormat.Feature.WRITE_DATES_WITH_ZONE_ID)
            ZonedDateTime v) {}

    record NonEmpty(
            @JsonInclude(JsonInclude.Include.NON_EMPTY) @Nullable
            String v) {}

    @JsonInclude(JsonInclude.Include.NON_DEFAULT)
    record NonDefault(@Nullable String v) {}

    record NonNullContent(
            @JsonInclude(content = JsonInclude.Include.NON_NULL)
            Map<String, String> v) {}

    record Unwrapped(@JsonUnwrapped Inner v, @JsonUnwrapped Inner w) {}

    record Raw(@JsonRawValue String v, @JsonRawValue String w) {}

    record Including(@JsonIncludeProperties("a") Inner v) {}

    record Identifying(Identified v, Identified w) {}

    static Stream<Pair> different() {
        JsonMapper statically =
                EventJson.builder().enable(MapperFeature.USE_STATIC_TYPING).build();
        JsonMapper enumTexts = EventJson.builder()
                .enable(EnumFeature.WRITE_ENUMS_USING_TO_STRING)
                .build();
        JsonMapper filters = EventJson.builder()
                .filterProvider(new SimpleFilterProvider()
                        .addFilter(
                                "nothing",
                                tools.jackson.databind.ser.std.SimpleBeanPropertyFilter.filterOutAllExcept("a")))
                .build();
        JsonMapper registered = EventJson.builder()
                .addModule(new SimpleModule().addSerializer(Registered.class, lossy()))
                .build();
        JsonMapper nonEmpty = EventJson.builder()
                .changeDefaultPropertyInclusion(all ->
                        JsonInclude.Value.construct(JsonInclude.Include.NON_EMPTY, JsonInclude.Include.NON_EMPTY))
                .build();
        Map<String, String> withNull = new HashMap<>();
        withNull.put("a", null);
        return Stream.of(
                pair(
                        "@JsonValue of one field of two",
                        new OfMoney(new Money(1, "EUR")),
                        new OfMoney(new Money(1, "USD"))),
                pair(
                        "@JsonValue that masks",
                        new OfCardNumber(new CardNumber("1234")),
                        new OfCardNumber(new CardNumber("9934"))),
                pair("@JsonValue of a hidden field", new OfSecret(new Secret("ab")), new OfSecret(new Secret("cd"))),
                pair(
                        "@JsonValue that is inherited",
                        new OfName(new NameOf("a", "en")),
                        new OfName(new NameOf("a", "de"))),
                pair("@JsonValue behind an interface", new OfMeans(new Phone("7")), new OfMeans(new Iban("7"))),
                pair("@JsonValue for an Object", new OfObject(new Phone("7")), new OfObject("7")),
                pair(
                        "@JsonValue in a map",
                        new OfMapOfObjects(Map.of("a", new Phone("7"))),
                        new OfMapOfObjects(Map.of("a", new Iban("7")))),
                pair(
                        "elements without equals in a set",
                        new OfSet(new HashSet<>(List.of(TEA, SAME_TEA))),
                        new OfSet(Set.of(TEA))),
                pair("@JsonValue in a set", new OfSet(Set.of(new Phone("7"))), new OfSet(Set.of(new Iban("7")))),
                pair("a list with a field", new OfList(new Basket("10%", "a")), new OfList(new Basket("20%", "a"))),
                pair("a map with a field", new OfRates(new Rates("mon")), new OfRates(new Rates("tue"))),
                pair("a set with a field", new OfSet(new Tags("x")), new OfSet(new Tags("y"))),
                pair("a set with a field among texts", new OfTags(new Tags("x")), new OfTags(new Tags("y"))),
                pair(
                        "a list with a field of anything",
                        new OfObjects(new Basket("10%", "a")),
                        new OfObjects(new Basket("20%", "a"))),
                pair("a map with a field of anything", new OfMap(new Rates("mon")), new OfMap(new Rates("tue"))),
                pair(
                        "a list with a field for an Object",
                        new OfObject(new Basket("10%", "a")),
                        new OfObject(new Basket("20%", "a"))),
                pair("a list written as its field", new OfList(new Valued("a")), new OfList(new Valued("b"))),
                pair("lists of two classes", new OfList(new AllOf("a")), new OfList(new AnyOf("a"))),
                pair("a number with a field", new OfNumber(new Amount(1, "EUR")), new OfNumber(new Amount(1, "USD"))),
                pair(
                        "a decimal with a field",
                        new OfNumber(new Price("1", "EUR")),
                        new OfNumber(new Price("1", "USD"))),
                pair("a text with a field", new OfText(new Marked("a", "en")), new OfText(new Marked("a", "de"))),
                pair("a text of another class", new OfText(new StringBuilder("a")), new OfText("a")),
                pair(
                        "an iterable with a field",
                        new OfIterable(new Pages("x", "a")),
                        new OfIterable(new Pages("y", "a"))),
                pair("a date with a field", new OfDate(new Dated("x")), new OfDate(new Dated("y"))),
                pair("a timestamp for a date", new OfDate(new Timestamp(0)), new OfDate(new Date(0))),
                pair("times by their milliseconds", new OfTime(new Time(1)), new OfTime(new Time(2))),
                pair("times of two days", new OfTime(new Time(0)), new OfTime(new Time(86_400_000))),
                pair("days by their hours", new OfDate(new java.sql.Date(0)), new OfDate(new java.sql.Date(1))),
                pair("days for an Object", new OfObject(new java.sql.Date(0)), new OfObject(new Date(0))),
                pair("calendars of XML without a zone", new OfXml(xml("10:00:00")), new OfXml(xml("10:00:00Z"))),
                pair("microseconds of XML", new OfXml(xml("10:00:00.000001")), new OfXml(xml("10:00:00.000002"))),
                pair("an hour and a time of XML", new OfXml(xml("2026-01-01")), new OfXml(xml("2026-01-01T00:00:00"))),
                pair("sockets of one host", new OfSocket(socket("tea.test", 1)), new OfSocket(socket("tea.test", 2))),
                pair(
                        "a host that was found and one that was not",
                        new OfSocket(socket("tea.test", 1)),
                        new OfSocket(InetSocketAddress.createUnresolved("tea.test", 7))),
                pair(
                        "a host that is called like an address",
                        new OfSocket(InetSocketAddress.createUnresolved("10.0.0.1", 7)),
                        new OfSocket(socket("tea.test", 1))),
                pair("addresses of one host", new OfObject(host("tea.test", 1)), new OfObject(host("tea.test", 2))),
                pair("timestamps by their nanoseconds", new OfTimestamp(timestamp(1)), new OfTimestamp(timestamp(2))),
                pair(
                        "patterns by their flags",
                        new OfPattern(Pattern.compile("a")),
                        new OfPattern(Pattern.compile("a", Pattern.CASE_INSENSITIVE))),
                pair("records for an Object", new OfObject(new Left("a")), new OfObject(new Right("a"))),
                pair("records for a type variable", new OfT<>(new Left("a")), new OfT<>(new Right("a"))),
                pair(
                        "records in a list of anything",
                        new OfObjects(List.of(new Left("a"))),
                        new OfObjects(List.of(new Right("a")))),
                pair(
                        "records in a list for an Object",
                        new OfObject(List.of(new Left("a"))),
                        new OfObject(List.of(new Right("a")))),
                pair(
                        "records in a set of anything",
                        new OfSet(Set.of(new Left("a"))),
                        new OfSet(Set.of(new Right("a")))),
                pair(
                        "records in an array of anything",
                        new OfArray(new Object[] {new Left("a")}),
                        new OfArray(new Object[] {new Right("a")})),
                pair(
                        "records in an optional of anything",
                        new OfObject(Optional.of(new Left("a"))),
                        new OfObject(Optional.of(new Right("a")))),
                pair("a record and a map", new OfObject(new Left("a")), new OfObject(Map.of("text", "a"))),
                pair(
                        "a record and a map that names its class",
                        new OfObject(new Left("a")),
                        new OfObject(Map.of("@class", Left.class.getName(), "@value", Map.of("text", "a")))),
                pair(
                        "a bean and a map that names its class",
                        new OfObject(new OrdinaryCommands.Card("a")),
                        new OfObject(Map.of("@class", OrdinaryCommands.Card.class.getName(), "number", "a"))),
                pair("an int and a long", new OfObject(1), new OfObject(1L)),
                pair("a long and a short", new OfNumber(1L), new OfNumber((short) 1)),
                pair("a decimal and a double", new OfNumber(new BigDecimal("1.5")), new OfNumber(1.5)),
                pair("a float and a double", new OfNumber(1.5f), new OfNumber(1.5)),
                pair("not a number and its name", new OfObject(Double.NaN), new OfObject("NaN")),
                pair("a character and a text", new OfComparable('a'), new OfComparable("a")),
                pair("an instant and its text", new OfObject(Instant.EPOCH), new OfObject(Instant.EPOCH.toString())),
                pair("an id and its text", new OfObject(new UUID(0, 1)), new OfObject(new UUID(0, 1).toString())),
                pair("a stream id and its text", new OfObject(StreamId.of("a")), new OfObject("a")),
                pair("a year and a number", new OfObject(Year.of(2026)), new OfObject(2026)),
                pair(
                        "a temporal of another class",
                        new OfTemporal(Year.of(2026)),
                        new OfTemporal(java.time.YearMonth.of(2026, 1))),
                pair("a duration and its text", new OfObject(Duration.ZERO), new OfObject("PT0S")),
                pair("an enum and its name", new OfObject(Card.FIRST), new OfObject("FIRST")),
                pair("two enums behind an interface", new OfMeans(Card.FIRST), new OfMeans(Account.FIRST)),
                pair("two enums in a list", new OfObjects(List.of(Card.FIRST)), new OfObjects(List.of(Account.FIRST))),
                pair("two enums as keys", new OfMap(Map.of(Card.FIRST, 1)), new OfMap(Map.of(Account.FIRST, 1))),
                pair("two enums of one type name", new OfNamed(One.Kind.X), new OfNamed(Two.Kind.X)),
                pair("constants of one code", new OfSameCode(SameCode.A), new OfSameCode(SameCode.B)),
                pair("constants of one name", new OfSameName(SameName.A), new OfSameName(SameName.B)),
                new Pair("constants of one text", enumTexts, new OfSameText(SameText.A), new OfSameText(SameText.B)),
                pair(
                        "constants of one code as keys",
                        new OfSameCodes(Map.of(SameCode.A, 1)),
                        new OfSameCodes(Map.of(SameCode.B, 1))),
                pair("a list and a set", new OfCollection(List.of("a")), new OfCollection(Set.of("a"))),
                pair("a list and a set for an Object", new OfObject(List.of("a")), new OfObject(Set.of("a"))),
                pair(
                        "a list that names the class of a set",
                        new OfObject(List.of("java.util.Set", List.of("\"a\""))),
                        new OfObject(Set.of("a"))),
                pair("a list and an array", new OfObject(List.of("a")), new OfObject(new String[] {"a"})),
                pair("arrays of two classes", new OfObject(new long[] {1}), new OfObject(new int[] {1})),
                pair("bytes and their text", new OfObject(new byte[] {1}), new OfObject("AQ==")),
                pair(
                        "a queue and a list",
                        new OfCollection(new ArrayDeque<>(List.of("a"))),
                        new OfCollection(List.of("a"))),
                pair("an optional and what it holds", new OfObject(Optional.of("a")), new OfObject("a")),
                pair("an empty optional and null", new OfObject(Optional.empty()), new OfObject(null)),
                pair(
                        "an empty optional in one",
                        new OfNested(Optional.empty()),
                        new OfNested(Optional.of(Optional.empty()))),
                pair("an empty optional and none", new OfOptional(Optional.empty()), new OfOptional(null)),
                pair(
                        "a path and its text",
                        new OfObject(Path.of("a")),
                        new OfObject(Path.of("a").toUri().toString())),
                pair("a zone and its text", new OfObject(ZoneId.of("Europe/Paris")), new OfObject("Europe/Paris")),
                pair(
                        "a tree and a map",
                        new OfObject(JsonNodeFactory.instance.objectNode().put("a", 1)),
                        new OfObject(Map.of("a", 1))),
                pair(
                        "decimals of another scale in a set",
                        new OfDecimals(Set.of(new BigDecimal("1.0"))),
                        new OfDecimals(Set.of(new BigDecimal("1.00")))),
                pair(
                        "keys of one text",
                        new OfKeys(Map.of(new Key(1, "k"), 1)),
                        new OfKeys(Map.of(new Key(2, "k"), 1))),
                pair("a key and its text", new OfMap(Map.of(1, "a")), new OfMap(Map.of("1", "a"))),
                pair("keys of two classes", new OfMap(Map.of(1, "a")), new OfMap(Map.of(1L, "a"))),
                pair("keys behind @JsonValue", new OfMap(Map.of(new KeyOf("1"), "a")), new OfMap(Map.of("1", "a"))),
                pair(
                        "keys of one text in an entry",
                        new OfEntry(Map.entry(new Key(1, "k"), 1)),
                        new OfEntry(Map.entry(new Key(2, "k"), 1))),
                pair("values of two classes", new OfMapOfObjects(Map.of("a", 1)), new OfMapOfObjects(Map.of("a", 1L))),
                pair("a field shadowed by one that is shown", new Shadowing(1, 3), new Shadowing(2, 3)),
                pair("a field that shadows one that is shown", new ShadowingShown(1, 2), new ShadowingShown(1, 3)),
                pair("a field shadowed by one that is ignored", new ShadowingIgnored(1), new ShadowingIgnored(2)),
                pair("as a parent", new AsParent(new Child("a", 1)), new AsParent(new Child("a", 2))),
                pair(
                        "elements as a parent",
                        new AsParents(List.of(new Child("a", 1))),
                        new AsParents(List.of(new Child("a", 2)))),
                pair(
                        "typed statically",
                        new StaticallyTyped(new Child("a", 1)),
                        new StaticallyTyped(new Child("a", 2))),
                new Pair("static typing", statically, new OfParent(new Child("a", 1)), new OfParent(new Child("a", 2))),
                new Pair(
                        "static typing of elements",
                        statically,
                        new OfT<>(List.of(new Child("a", 1))),
                        new OfT<>(List.of(new Child("a", 2)))),
                new Pair(
                        "a filter",
                        filters,
                        new OfFiltered(new Filtered("a", "b")),
                        new OfFiltered(new Filtered("a", "c"))),
                pair("a serializer of a class", new OfWritten(new Written("a")), new OfWritten(new Written("b"))),
                pair("a serializer of a property", new WrittenLossy("a"), new WrittenLossy("b")),
                pair("a property as its text", new WrittenAs(new Key(1, "k")), new WrittenAs(new Key(2, "k"))),
                pair("a serializer of elements", new ContentLossy(List.of("a")), new ContentLossy(List.of("b"))),
                pair("a converter", new Converted("a"), new Converted("b")),
                new Pair(
                        "a serializer of a module",
                        registered,
                        new OfRegistered(new Registered("a")),
                        new OfRegistered(new Registered("b"))),
                pair(
                        "a format that drops the time",
                        new OnlyDay(LocalDateTime.of(2026, 1, 1, 1, 0)),
                        new OnlyDay(LocalDateTime.of(2026, 1, 1, 2, 0))),
                pair(
                        "a format that drops the zone",
                        new WithoutZone(ZonedDateTime.of(2026, 1, 1, 1, 0, 0, 0, ZoneId.of("Europe/Paris"))),
                        new WithoutZone(ZonedDateTime.of(2026, 1, 1, 1, 0, 0, 0, ZoneId.of("Europe/Berlin")))),
                pair("an empty text and none", new NonEmpty(""), new NonEmpty(null)),
                pair("an empty text and none by default", new NonDefault(""), new NonDefault(null)),
                new Pair("an empty text and none by the mapper", nonEmpty, new OfObject(""), new OfObject(null)),
                new Pair(
                        "an entry with an empty text by the mapper",
                        nonEmpty,
                        new OfMapOfObjects(Map.of("a", "")),
                        new OfMapOfObjects(Map.of())),
                pair("an entry without a value", new NonNullContent(withNull), new NonNullContent(Map.of())),
                pair(
                        "two unwrapped",
                        new Unwrapped(new Inner("a", "b"), new Inner("c", "d")),
                        new Unwrapped(new Inner("a", "d"), new Inner("c", "b"))),
                pair("raw texts", new Raw("1", "2,\"w\":3"), new Raw("1,\"w\":2", "3")),
                pair("only some properties", new Including(new Inner("a", "b")), new Including(new Inner("a", "c"))),
                pair(
                        "objects with one identity",
                        new Identifying(new Identified(1, "a"), new Identified(1, "a")),
                        new Identifying(new Identified(1, "a"), new Identified(1, "b"))));
    }

    private static Timestamp timestamp(int nanos) {
        Timestamp timestamp = new Timestamp(0);
        timestamp.setNanos(nanos);
        return timestamp;
    }

    private static ValueSerializer<Registered> lossy() {
        return new ValueSerializer<>() {
            @Override
            public void serialize(Registered value, JsonGenerator generator, SerializationContext context) {
                generator.writeString("x");
            }
        };
    }

    @ParameterizedTest
    @MethodSource("different")
    void different_commands_have_different_hashes_or_are_refused(Pair pair) {
        CanonicalJson json = new CanonicalJson(pair.mapper());

        assertThat(hashOrRefusal(json, pair.one(), "one")).isNotEqualTo(hashOrRefusal(json, pair.other(), "other"));
    }

    private static String hashOrRefusal(CanonicalJson json, Object command, String name) {
        try {
            return json.hash(command);
        } catch (IllegalArgumentException refused) {
            return name + " refused: " + refused.getMessage();
        }
    }

    static Stream<Pair> shownInPart() {
        return Stream.of(
                pair("a list", new OfList(new Basket("10%", "a")), "Basket.coupon"),
                pair("a list of anything", new OfObjects(new Basket("10%", "a")), "Basket.coupon"),
                pair("a map", new OfRates(new Rates("mon")), "Rates.day"),
                pair("a set", new OfTags(new Tags("x")), "Tags.owner"),
                pair("a number", new OfNumber(new Price("1", "EUR")), "Price.currency"),
                pair("a text", new OfText(new Marked("a", "en")), "Marked.text"),
                pair("an iterable", new OfIterable(new Pages("x", "a")), "Pages.pages"),
                pair("@JsonValue", new OfSecret(new Secret("ab")), "Secret.text"),
                pair("@JsonValue of a parent", new OfName(new NameOf("a", "en")), "NameOf.language"),
                pair("a shadowed field", new Shadowing(1, 2), "Base.count"));
    }

    @ParameterizedTest
    @MethodSource("shownInPart")
    void what_a_json_may_leave_out_is_refused_with_the_class_the_field_and_what_to_do(Pair pair) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> OrdinaryCommands.json().hash(pair.one()))
                .withMessageStartingWith(pair.one().getClass().getName())
                .withMessageContaining(CanonicalJsonTest.class.getName() + "$" + pair.other())
                .withMessageContaining("@JsonProperty")
                .withMessageContaining("@JsonIgnore");
    }

    static final class Cached extends ArrayList<String> {
        private static final long serialVersionUID = 1L;

        @JsonIgnore
        private final transient Object cache = new Object();

        Cached(String item) {
            super(List.of(item));
        }
    }

    /** Its author says that what is written contains both fields. */
    static final class Composed {
        @JsonIgnore
        private final String area;

        @JsonIgnore
        private final String number;

        Composed(String area, String number) {
            this.area = area;
            this.number = number;
        }

        @JsonValue
        String text() {
            return area + "-" + number;
        }
    }

    record OfComposed(Composed v) {}

    @Test
    void what_an_author_marks_as_left_out_is_accepted() {
        CanonicalJson json = OrdinaryCommands.json();

        assertThat(json.hash(new OfList(new Cached("a")))).isEqualTo(json.hash(new OfList(new Cached("a"))));
        assertThat(json.hash(new OfComposed(new Composed("1", "2"))))
                .isEqualTo(json.hash(new OfComposed(new Composed("1", "2"))))
                .isNotEqualTo(json.hash(new OfComposed(new Composed("1", "3"))));
    }

    record OfTags(Set<String> v) {}

    record IgnoringIn(
            @JsonIgnoreProperties("b") List<Inner> v,
            @JsonIgnoreProperties("b") Map<String, String> w) {}

    static Stream<Pair> equal() {
        Map<Key, Integer> keys = new LinkedHashMap<>();
        Map<Key, Integer> keysTurned = new LinkedHashMap<>();
        Map<String, Integer> texts = new LinkedHashMap<>();
        Map<String, Integer> textsTurned = new LinkedHashMap<>();
        for (int i = 0; i < 20; i++) {
            keys.put(new Key(i, "k" + i % 2), i);
            keysTurned.put(new Key(19 - i, "k" + (19 - i) % 2), 19 - i);
            texts.put("k" + i, i);
            textsTurned.put("k" + (19 - i), 19 - i);
        }
        Map<String, Integer> reversed = new TreeMap<>(Comparator.reverseOrder());
        reversed.putAll(texts);
        Set<String> reversedSet = new TreeSet<>(Comparator.reverseOrder());
        reversedSet.addAll(texts.keySet());
        Map<Object, Object> mixed = new LinkedHashMap<>();
        mixed.put("a", 1);
        mixed.put(2, "b");
        mixed.put(null, 3);
        Map<Object, Object> mixedTurned = new LinkedHashMap<>();
        mixedTurned.put(null, 3);
        mixedTurned.put(2, "b");
        mixedTurned.put("a", 1);
        return Stream.of(
                pair("maps in another order", new OfRates(texts), new OfRates(textsTurned)),
                pair("a hash map and a linked one", new OfRates(new HashMap<>(texts)), new OfRates(textsTurned)),
                pair("a sorted map in its own order", new OfRates(reversed), new OfRates(texts)),
                pair("a concurrent map", new OfRates(new ConcurrentHashMap<>(texts)), new OfRates(texts)),
                pair("an unmodifiable map", new OfRates(Map.copyOf(texts)), new OfRates(texts)),
                pair("a map behind a view", new OfRates(Collections.unmodifiableMap(textsTurned)), new OfRates(texts)),
                pair("maps for an Object", new OfObject(new TreeMap<>(texts)), new OfObject(textsTurned)),
                pair("keys that cannot be compared", new OfKeys(keys), new OfKeys(keysTurned)),
                pair(
                        "keys that cannot be compared, in a hash map",
                        new OfKeys(new HashMap<>(keys)),
                        new OfKeys(keysTurned)),
                pair("keys of several classes and null", new OfMap(mixed), new OfMap(mixedTurned)),
                pair("maps as keys", new OfMap(Map.of(new HashMap<>(keys), 1)), new OfMap(Map.of(keysTurned, 1))),
                pair(
                        "a fixed and a growing list",
                        new OfList(List.of("a", "b")),
                        new OfList(new ArrayList<>(List.of("a", "b")))),
                pair("a linked list", new OfList(new LinkedList<>(List.of("a"))), new OfList(List.of("a"))),
                pair(
                        "a list behind a view",
                        new OfList(Collections.unmodifiableList(new ArrayList<>(List.of("a")))),
                        new OfList(List.of("a"))),
                pair("a list over an array", new OfList(Arrays.asList("a", "b")), new OfList(List.of("a", "b"))),
                pair(
                        "a part of a list",
                        new OfList(List.of("a", "b", "c").subList(0, 2)),
                        new OfList(List.of("a", "b"))),
                pair(
                        "lists for an Object",
                        new OfObject(new ArrayList<>(List.of(1, "a"))),
                        new OfObject(List.of(1, "a"))),
                pair(
                        "lists as a collection",
                        new OfCollection(new LinkedList<>(List.of(1, "a"))),
                        new OfCollection(List.of(1, "a"))),
                pair(
                        "sets in another order",
                        new OfTags(new LinkedHashSet<>(texts.keySet())),
                        new OfTags(new LinkedHashSet<>(textsTurned.keySet()))),
                pair("a sorted set in its own order", new OfTags(reversedSet), new OfTags(texts.keySet())),
                pair(
                        "a fixed and a growing set",
                        new OfTags(Set.copyOf(texts.keySet())),
                        new OfTags(new HashSet<>(texts.keySet()))),
                pair(
                        "sets for an Object",
                        new OfObject(new TreeSet<>(texts.keySet())),
                        new OfObject(Set.copyOf(textsTurned.keySet()))),
                pair(
                        "sets as a collection",
                        new OfCollection(new LinkedHashSet<>(texts.keySet())),
                        new OfCollection(new LinkedHashSet<>(textsTurned.keySet()))),
                pair(
                        "sets of anything",
                        new OfSet(new LinkedHashSet<>(texts.keySet())),
                        new OfSet(new TreeSet<>(textsTurned.keySet()))),
                pair(
                        "ignored properties of elements",
                        new IgnoringIn(List.of(new Inner("a", "b")), Map.of("a", "1")),
                        new IgnoringIn(List.of(new Inner("a", "c")), Map.of("a", "1", "b", "2"))),
                pair("sets of maps", new OfSet(Set.of(keys, texts)), new OfSet(Set.of(textsTurned, keysTurned))),
                pair(
                        "linked queues",
                        new OfQueue(new LinkedList<>(List.of("a"))),
                        new OfQueue(new LinkedList<>(List.of("a")))),
                pair(
                        "trees in another order",
                        new OfNode(JsonNodeFactory.instance
                                .objectNode()
                                .put("a", 1)
                                .put("b", 2)),
                        new OfNode(JsonNodeFactory.instance
                                .objectNode()
                                .put("b", 2)
                                .put("a", 1))),
                pair("a time", new OfTime(new Time(1)), new OfTime(new Time(1))),
                pair("a day", new OfDate(new java.sql.Date(1)), new OfDate(new java.sql.Date(1))),
                pair("a calendar of XML", new OfXml(xml("10:00:00")), new OfXml(xml("10:00:00"))),
                pair("names of one address", new OfObject(host("tea.test", 1)), new OfObject(host("cup.test", 1))),
                pair("names of one socket", new OfSocket(socket("tea.test", 1)), new OfSocket(socket("cup.test", 1))),
                pair(
                        "a host that was not found",
                        new OfSocket(InetSocketAddress.createUnresolved("tea.test", 7)),
                        new OfSocket(InetSocketAddress.createUnresolved("TEA.test", 7))),
                pair("records for an Object", new OfObject(new Left("a")), new OfObject(new Left("a"))),
                pair("numbers for an Object", new OfObject(1L), new OfObject(1L)),
                pair("@JsonValue with two fields", new OfMoney(new Money(1, "EUR")), new OfMoney(new Money(1, "EUR"))),
                pair("an enum behind an interface", new OfMeans(Card.SECOND), new OfMeans(Card.SECOND)));
    }

    @ParameterizedTest
    @MethodSource("equal")
    void equal_commands_have_equal_hashes(Pair pair) {
        CanonicalJson json = new CanonicalJson(pair.mapper());

        assertThat(json.hash(pair.one())).isEqualTo(json.hash(pair.other()));
    }

    static Stream<Map.Entry<Object, String>> ordinary() {
        return OrdinaryCommands.hashes().entrySet().stream();
    }

    @ParameterizedTest
    @MethodSource("ordinary")
    void an_ordinary_command_has_the_hash_that_is_stored(Map.Entry<Object, String> ordinary) {
        assertThat(OrdinaryCommands.json().hash(ordinary.getKey())).isEqualTo(ordinary.getValue());
    }

    /** The order of {@code Set.of} and {@code Map.of} is another one in each process, and so may be the time zone. */
    @ParameterizedTest
    @ValueSource(strings = {"Pacific/Kiritimati", "America/Los_Angeles"})
    void another_process_finds_the_same_hashes(String timeZone) throws Exception {
        assertThat(InAnotherProcess.hashes(timeZone)).isEqualTo(InAnotherProcess.hashesHere());
    }
}
