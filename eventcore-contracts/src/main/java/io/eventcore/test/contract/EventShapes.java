package io.eventcore.test.contract;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonFormat;
import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.annotation.JsonTypeName;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import com.fasterxml.jackson.annotation.JsonValue;
import io.eventcore.Event;
import io.eventcore.StreamId;
import java.io.File;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.net.MalformedURLException;
import java.net.URI;
import java.net.URL;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Timestamp;
import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.Month;
import java.time.MonthDay;
import java.time.OffsetDateTime;
import java.time.OffsetTime;
import java.time.Period;
import java.time.Year;
import java.time.YearMonth;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.AbstractMap.SimpleEntry;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Calendar;
import java.util.Collection;
import java.util.Comparator;
import java.util.Currency;
import java.util.Date;
import java.util.Deque;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.GregorianCalendar;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Queue;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TimeZone;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.annotation.JsonNaming;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Java values of well over a hundred classes as components of events, and what becomes of each: either it is stored and
 * comes back as it was, or it is refused before it is stored. For tests of serializers, and of code that must not
 * change the values.
 *
 * @since 0.1
 */
@SuppressWarnings({"ArrayRecordComponent", "JavaUtilDate", "UnnecessaryStringBuilder"
}) // They are values like any others.
public final class EventShapes {
    private EventShapes() {}

    /**
     * One value, and what becomes of it.
     *
     * @param name a short text that describes the value
     * @param event holds the value; its class has no {@code @EventType}
     * @param stored whether the library's JSON stores the value; if not, it refuses the value
     * @since 0.1
     */
    public record Shape(String name, Event event, boolean stored) {
        /** The name. */
        @Override
        public String toString() {
            return name;
        }
    }

    record OfBoolean(boolean v) implements Event {}

    record OfNumbers(byte a, short b, int c, long d) implements Event {}

    record OfBoxed(
            Byte a, Short b, Integer c, Long d, @Nullable Boolean e) implements Event {}

    record OfDouble(double v) implements Event {}

    record OfFloat(float v) implements Event {}

    record OfChar(char v) implements Event {}

    record OfString(@Nullable String v) implements Event {}

    record OfCharSequence(CharSequence v) implements Event {}

    record OfStringBuilder(StringBuilder v) implements Event {}

    record OfChars(char[] v) implements Event {}

    record OfBytes(byte[] v) implements Event {}

    record OfInts(int[] v) implements Event {}

    record OfDoubles(double[] v) implements Event {}

    record OfLongs(long[][] v) implements Event {}

    record OfStrings(String[] v) implements Event {}

    record OfObjects(Object[] v) implements Event {}

    record OfBigDecimal(BigDecimal v) implements Event {}

    record OfBigInteger(BigInteger v) implements Event {}

    record OfAtomicInteger(AtomicInteger v) implements Event {}

    record OfAtomicLong(AtomicLong v) implements Event {}

    record OfAtomicBoolean(AtomicBoolean v) implements Event {}

    record OfAtomicReference(AtomicReference<String> v) implements Event {}

    record OfOptional(Optional<String> v) implements Event {}

    record OfOptionalAmount(Optional<BigDecimal> v) implements Event {}

    record OfOptionals(OptionalInt a, OptionalLong b, OptionalDouble c) implements Event {}

    record OfUuid(UUID v) implements Event {}

    record OfUri(URI v) implements Event {}

    record OfUrl(URL v) implements Event {}

    record OfFile(File v) implements Event {}

    record OfPath(Path v) implements Event {}

    record OfLocale(Locale v) implements Event {}

    record OfCurrency(Currency v) implements Event {}

    record OfTimeZone(TimeZone v) implements Event {}

    record OfCharset(Charset v) implements Event {}

    record OfPattern(Pattern v) implements Event {}

    record OfClass(Class<?> v) implements Event {}

    record OfBitSet(BitSet v) implements Event {}

    record OfThrowable(Exception v) implements Event {}

    record OfInstant(Instant v) implements Event {}

    record OfLocalDate(LocalDate v) implements Event {}

    record OfLocalTime(LocalTime v) implements Event {}

    record OfLocalDateTime(LocalDateTime v) implements Event {}

    record OfOffsetDateTime(OffsetDateTime v) implements Event {}

    record OfOffsetTime(OffsetTime v) implements Event {}

    record OfZonedDateTime(ZonedDateTime v) implements Event {}

    record OfZone(ZoneId v) implements Event {}

    record OfOffset(ZoneOffset v) implements Event {}

    record OfYears(Year a, YearMonth b, MonthDay c, Month d, DayOfWeek e) implements Event {}

    record OfDuration(Duration v) implements Event {}

    record OfPeriod(Period v) implements Event {}

    record OfDate(Date v) implements Event {}

    record OfCalendar(Calendar v) implements Event {}

    record OfTimestamp(Timestamp v) implements Event {}

    record OfSqlDate(java.sql.Date v) implements Event {}

    record OfSqlTime(java.sql.Time v) implements Event {}

    record OfObject(@Nullable Object v) implements Event {}

    record OfNumber(Number v) implements Event {}

    record OfComparable(Comparable<?> v) implements Event {}

    record OfList(List<@Nullable String> v) implements Event {}

    record OfAmounts(List<BigDecimal> v) implements Event {}

    record OfArrayList(ArrayList<Long> v) implements Event {}

    record OfSet(Set<String> v) implements Event {}

    record OfHashSet(HashSet<UUID> v) implements Event {}

    record OfSortedSet(SortedSet<String> v) implements Event {}

    record OfEnumSet(EnumSet<Colour> v) implements Event {}

    record OfCollection(Collection<String> v) implements Event {}

    record OfQueue(Queue<String> v) implements Event {}

    record OfDeque(Deque<String> v) implements Event {}

    record OfIterable(Iterable<String> v) implements Event {}

    record OfIterator(Iterator<String> v) implements Event {}

    record OfStream(Stream<String> v) implements Event {}

    record OfMap(Map<String, Long> v) implements Event {}

    record OfNumberedMap(Map<Integer, String> v) implements Event {}

    record OfUuidMap(Map<UUID, LocalDate> v) implements Event {}

    record OfDatedMap(Map<LocalDate, BigDecimal> v) implements Event {}

    record OfEnumMap(EnumMap<Colour, String> v) implements Event {}

    record OfStreamMap(Map<StreamId, Long> v) implements Event {}

    record OfPointMap(Map<Point, String> v) implements Event {}

    record OfSortedMap(SortedMap<String, String> v) implements Event {}

    record OfLooseMap(Map<String, Object> v) implements Event {}

    record OfLooseKeys(Map<Object, String> v) implements Event {}

    record OfEntry(Map.Entry<String, Long> v) implements Event {}

    record OfLooseList(List<Object> v) implements Event {}

    record OfWildcards(List<? extends Number> v) implements Event {}

    record OfStreamId(StreamId v) implements Event {}

    record OfNothing() implements Event {}

    record OfFlag(boolean isActive, boolean hasMore, String getName) implements Event {}

    enum Colour {
        RED,
        GREEN {
            @Override
            public String toString() {
                return "leaf";
            }
        },
        @JsonProperty("blau")
        BLUE
    }

    enum SameJson {
        ONE,
        TWO;

        @JsonValue
        String text() {
            return "number";
        }
    }

    record OfEnum(Colour v) implements Event {}

    record OfSameJson(SameJson v) implements Event {}

    record Point(int x, int y) {}

    record OfPoint(Point v) implements Event {}

    record OfPoints(List<Point> v) implements Event {}

    record Box<T>(T content) {}

    record OfBox(Box<BigDecimal> v) implements Event {}

    record OfLooseBox(Box<?> v) implements Event {}

    record Gen<T>(T v) implements Event {}

    record Email(@JsonValue String text) {}

    record OfEmail(Email v) implements Event {}

    static final class Id {
        private final String text;

        private Id(String text) {
            this.text = text;
        }

        @JsonCreator
        static Id of(String text) {
            return new Id(text);
        }

        @JsonValue
        String text() {
            return text;
        }
    }

    record OfId(Id v) implements Event {}

    sealed interface Untyped {
        record Cash(long cents) implements Untyped {}

        record Card(String number) implements Untyped {}
    }

    record OfUntyped(Untyped v) implements Event {}

    @JsonTypeInfo(use = JsonTypeInfo.Id.NAME)
    @JsonSubTypes({@JsonSubTypes.Type(Named.Cash.class), @JsonSubTypes.Type(Named.Card.class)})
    sealed interface Named {
        @JsonTypeName("cash")
        record Cash(long cents) implements Named {}

        @JsonTypeName("card")
        record Card(String number) implements Named {}
    }

    record OfNamed(Named v) implements Event {}

    record OfNamedList(List<Named> v) implements Event {}

    @JsonTypeInfo(use = JsonTypeInfo.Id.DEDUCTION)
    sealed interface Deduced {
        record Cash(long cents) implements Deduced {}

        record Card(String number) implements Deduced {}
    }

    record OfDeduced(Deduced v) implements Event {}

    @JsonTypeInfo(use = JsonTypeInfo.Id.CLASS)
    interface ByClass {}

    record Anything(String v) implements ByClass {}

    record OfClassName(ByClass v) implements Event {}

    record OfDeducedByClassName(
            @JsonTypeInfo(use = JsonTypeInfo.Id.CLASS) Deduced v) implements Event {}

    record OfJson(JsonNode v) implements Event {}

    record OfJsonObject(ObjectNode v) implements Event {}

    /** A list that the constructor fills and that nothing sets. */
    static final class FilledByConstructor implements Event {
        private final List<String> items = new ArrayList<>();

        FilledByConstructor() {}

        FilledByConstructor(String item) {
            items.add(item);
        }

        public List<String> getItems() {
            return items;
        }
    }

    /** What Kotlin's data classes look like without their module: nothing says how to create them. */
    static final class NoWayIn implements Event {
        private final String text;

        private NoWayIn(String text, int length) {
            this.text = text + length;
        }

        public String getText() {
            return text;
        }
    }

    static final class GetterOnly implements Event {
        private String text = "";

        GetterOnly() {}

        GetterOnly(String text) {
            this.text = text;
        }

        public String text() {
            return text;
        }

        public String getUpper() {
            return text.toUpperCase(Locale.ROOT);
        }
    }

    /** An inner value whose equality hides what is lost. */
    static final class EqualById {
        private final int id;
        private final String name;

        @JsonCreator
        EqualById(@JsonProperty("id") int id) {
            this(id, "");
        }

        EqualById(int id, String name) {
            this.id = id;
            this.name = name;
        }

        public int getId() {
            return id;
        }

        public String getName() {
            return name;
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof EqualById that && id == that.id;
        }

        @Override
        public int hashCode() {
            return id;
        }
    }

    record OfEqualById(EqualById v) implements Event {}

    static final class Bean implements Event {
        private String text = "";
        private long number;

        public String getText() {
            return text;
        }

        public void setText(String text) {
            this.text = text;
        }

        public long getNumber() {
            return number;
        }

        public void setNumber(long number) {
            this.number = number;
        }
    }

    static final class PublicFields implements Event {
        public String text = "";
        public transient int cached;
    }

    static class Parent {
        private final int inherited;

        Parent(int inherited) {
            this.inherited = inherited;
        }

        public int getInherited() {
            return inherited;
        }
    }

    /** A field of the parent that nothing can set. */
    static final class Child extends Parent implements Event {
        Child() {
            this(0);
        }

        Child(int number) {
            super(number);
        }
    }

    record Ignoring(String text, @JsonIgnore String secret) implements Event {}

    /** Its equality leaves out what the JSON leaves out: its author says that the component does not count. */
    record IgnoringEqually(String text, @JsonIgnore String cache) implements Event {
        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof IgnoringEqually that && text.equals(that.text);
        }

        @Override
        public int hashCode() {
            return text.hashCode();
        }
    }

    record Derived(String first, String last) implements Event {
        public String getFull() {
            return first + last;
        }
    }

    record Trimmed(String text) implements Event {
        Trimmed {
            text = text.strip();
        }
    }

    record Counting(int number) implements Event {
        Counting {
            number++;
        }
    }

    record Dated(@JsonFormat(pattern = "yyyy-MM-dd") Date v) implements Event {}

    record Renamed(@JsonProperty("n") String name) implements Event {}

    @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
    record Snake(String firstName) implements Event {}

    record WithoutNulls(
            @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable
            String a,

            String b) implements Event {}

    record WithoutEmpty(
            @JsonInclude(JsonInclude.Include.NON_EMPTY) List<String> a, String b) implements Event {}

    record Unwrapped(@JsonUnwrapped Point point, String name) implements Event {}

    record Tree(String name, List<Tree> children) {}

    record OfTree(Tree v) implements Event {}

    static final class Ring {
        private @Nullable Ring next;

        public @Nullable Ring getNext() {
            return next;
        }

        public void setNext(Ring next) {
            this.next = next;
        }
    }

    record OfRing(Ring v) implements Event {}

    record OfSupplier(Supplier<String> v) implements Event {}

    private static Shape stored(Event event) {
        return new Shape(nameOf(event), event, true);
    }

    private static Shape refused(Event event) {
        return new Shape(nameOf(event), event, false);
    }

    private static String nameOf(Event event) {
        String text = String.valueOf(event);
        return event.getClass().getSimpleName() + (text.length() > 60 ? "" : " " + text);
    }

    /** All shapes, in no particular order. */
    public static List<Shape> all() {
        Bean bean = new Bean();
        bean.setText("text");
        bean.setNumber(7);
        PublicFields fields = new PublicFields();
        fields.text = "text";
        fields.cached = 5;
        Ring ring = new Ring();
        ring.setNext(ring);
        TreeSet<String> backwards = new TreeSet<>(Comparator.reverseOrder());
        backwards.addAll(List.of("a", "b"));
        Map<String, Long> counts = new LinkedHashMap<>();
        counts.put("z", 1L);
        counts.put("a", Long.MAX_VALUE);
        BitSet bits = new BitSet();
        bits.set(3);
        Instant nanos = Instant.parse("2026-03-29T00:30:00.123456789Z");
        ZoneId berlin = ZoneId.of("Europe/Berlin");
        return List.of(
                stored(new OfBoolean(true)),
                stored(new OfNumbers(Byte.MIN_VALUE, Short.MAX_VALUE, Integer.MIN_VALUE, Long.MAX_VALUE)),
                stored(new OfBoxed((byte) 1, (short) 2, 3, 4L, null)),
                stored(new OfDouble(-0.0)),
                stored(new OfDouble(Double.NaN)),
                stored(new OfDouble(Double.NEGATIVE_INFINITY)),
                stored(new OfDouble(0.1 + 0.2)),
                stored(new OfFloat(Float.MIN_VALUE)),
                stored(new OfChar('x')),
                stored(new OfString("a\u0000b\u2028\uD83D\uDE00\"\\")),
                stored(new OfString("")),
                stored(new OfString(null)),
                stored(new OfString("a\uD83Db")),
                stored(new OfString("a\uD83D")),
                stored(new OfChar('\uD83D')),
                stored(new OfCharSequence("text")),
                refused(new OfCharSequence(new StringBuilder("text"))),
                stored(new OfStringBuilder(new StringBuilder("text"))),
                stored(new OfChars(new char[] {'a', 'b'})),
                stored(new OfBytes(new byte[] {0, -1, 127})),
                stored(new OfInts(new int[] {1, 2})),
                stored(new OfDoubles(new double[] {1.5, Double.NaN})),
                stored(new OfLongs(new long[][] {{1}, {2, 3}})),
                stored(new OfStrings(new String[] {"a", "b"})),
                refused(new OfObjects(new Object[] {"a", 1L})),
                stored(new OfBigDecimal(new BigDecimal("1.10"))),
                stored(new OfBigDecimal(new BigDecimal("1E+400"))),
                stored(new OfBigDecimal(new BigDecimal("-0.00"))),
                stored(new OfBigInteger(BigInteger.TEN.pow(999))),
                stored(new OfBigInteger(BigInteger.TEN.pow(1_001))),
                stored(new OfBigDecimal(new BigDecimal(BigInteger.TEN.pow(2_000), 1_000))),
                stored(new OfAtomicInteger(new AtomicInteger(5))),
                stored(new OfAtomicLong(new AtomicLong(5))),
                stored(new OfAtomicBoolean(new AtomicBoolean(true))),
                stored(new OfAtomicReference(new AtomicReference<>("text"))),
                stored(new OfOptional(Optional.of("text"))),
                stored(new OfOptional(Optional.empty())),
                stored(new OfOptionalAmount(Optional.of(new BigDecimal("2.50")))),
                stored(new OfOptionals(OptionalInt.of(1), OptionalLong.empty(), OptionalDouble.of(1.5))),
                stored(new OfUuid(new UUID(1, 2))),
                stored(new OfUri(URI.create("https://example.com/a?b=c#d"))),
                stored(new OfUrl(url())),
                stored(new OfFile(new File("/a/b"))),
                refused(new OfPath(Path.of("relative"))),
                stored(new OfPath(Path.of("/absolute/path"))),
                stored(new OfLocale(Locale.GERMANY)),
                stored(new OfCurrency(Currency.getInstance("EUR"))),
                stored(new OfTimeZone(TimeZone.getTimeZone("Europe/Berlin"))),
                stored(new OfCharset(StandardCharsets.UTF_8)),
                stored(new OfPattern(Pattern.compile("a+"))),
                refused(new OfPattern(Pattern.compile("a+", Pattern.CASE_INSENSITIVE))),
                refused(new OfClass(String.class)),
                refused(new OfBitSet(bits)),
                refused(new OfThrowable(new Exception("no"))),
                stored(new OfInstant(nanos)),
                stored(new OfInstant(Instant.MAX)),
                stored(new OfInstant(Instant.MIN)),
                stored(new OfLocalDate(LocalDate.MAX)),
                stored(new OfLocalTime(LocalTime.MAX)),
                stored(new OfLocalDateTime(LocalDateTime.MIN)),
                stored(new OfOffsetDateTime(nanos.atOffset(ZoneOffset.ofHours(2)))),
                stored(new OfOffsetDateTime(nanos.atOffset(ZoneOffset.UTC))),
                stored(new OfOffsetDateTime(OffsetDateTime.MAX)),
                stored(new OfOffsetTime(OffsetTime.of(LocalTime.NOON, ZoneOffset.ofHours(-3)))),
                stored(new OfZonedDateTime(nanos.atZone(berlin))),
                stored(new OfZonedDateTime(nanos.atZone(ZoneOffset.UTC))),
                stored(new OfZonedDateTime(nanos.atZone(ZoneId.of("UTC")))),
                stored(new OfZonedDateTime(nanos.atZone(ZoneId.of("GMT+2")))),
                stored(new OfZonedDateTime(Instant.parse("2026-10-25T00:30:00Z").atZone(berlin))),
                stored(new OfZonedDateTime(Instant.parse("2026-10-25T01:30:00Z").atZone(berlin))),
                stored(new OfZone(berlin)),
                stored(new OfOffset(ZoneOffset.ofHoursMinutes(5, 30))),
                stored(new OfYears(
                        Year.of(-5), YearMonth.of(2026, 2), MonthDay.of(2, 29), Month.MAY, DayOfWeek.SUNDAY)),
                stored(new OfDuration(Duration.ofSeconds(-1, 1))),
                stored(new OfPeriod(Period.of(1, -2, 3))),
                stored(new OfDate(new Date(123_456_789L))),
                refused(new OfCalendar(new GregorianCalendar(TimeZone.getTimeZone("Europe/Berlin")))),
                refused(new OfTimestamp(Timestamp.from(nanos))),
                stored(new OfSqlDate(java.sql.Date.valueOf("2026-11-28"))),
                stored(new OfSqlTime(java.sql.Time.valueOf("10:11:12"))),
                stored(new OfObject("text")),
                stored(new OfObject(5)),
                stored(new OfObject(null)),
                refused(new OfObject(5L)),
                stored(new OfObject(Long.MAX_VALUE)),
                refused(new OfObject(new BigDecimal("1.5"))),
                refused(new OfObject(new UUID(1, 2))),
                refused(new OfObject(new Point(1, 2))),
                refused(new OfNumber(5L)),
                refused(new OfComparable("text")),
                stored(new OfList(Arrays.asList("a", null, "b"))),
                stored(new OfAmounts(List.of(new BigDecimal("1.00"), BigDecimal.ZERO))),
                stored(new OfArrayList(new ArrayList<>(List.of(1L)))),
                stored(new OfSet(Set.of("a", "b", "c", "d", "e", "f"))),
                stored(new OfHashSet(new HashSet<>(Set.of(new UUID(1, 2), new UUID(3, 4))))),
                stored(new OfSortedSet(new TreeSet<>(List.of("a", "b")))),
                stored(new OfSortedSet(backwards)),
                stored(new OfEnumSet(EnumSet.of(Colour.RED, Colour.BLUE))),
                stored(new OfCollection(List.of("a"))),
                refused(new OfCollection(Set.of("a"))),
                stored(new OfQueue(new ArrayDeque<>(List.of("a", "b")))),
                stored(new OfDeque(new ArrayDeque<>(List.of("a", "b")))),
                stored(new OfIterable(List.of("a"))),
                refused(new OfIterator(List.of("a").iterator())),
                refused(new OfStream(Stream.of("a"))),
                stored(new OfMap(counts)),
                stored(new OfNumberedMap(Map.of(1, "one"))),
                stored(new OfUuidMap(Map.of(new UUID(1, 2), LocalDate.EPOCH))),
                stored(new OfDatedMap(Map.of(LocalDate.EPOCH, new BigDecimal("1.50")))),
                stored(new OfEnumMap(new EnumMap<>(Map.of(Colour.GREEN, "g", Colour.BLUE, "b")))),
                stored(new OfStreamMap(Map.of(StreamId.of("a"), 1L))),
                refused(new OfPointMap(Map.of(new Point(1, 2), "p"))),
                stored(new OfSortedMap(new TreeMap<>(Map.of("a", "b")))),
                stored(new OfLooseMap(Map.of("a", "b", "c", true, "d", 1))),
                refused(new OfLooseMap(Map.of("a", 1L))),
                refused(new OfLooseMap(Map.of("a", Instant.EPOCH))),
                refused(new OfLooseKeys(Map.of(1, "one"))),
                stored(new OfEntry(new SimpleEntry<>("a", 1L))),
                stored(new OfLooseList(List.of("a", 1, true, 1.5))),
                refused(new OfLooseList(List.of(new BigDecimal("1.50")))),
                stored(new OfWildcards(List.of(1, 2))),
                refused(new OfWildcards(List.of(1L))),
                stored(new OfStreamId(StreamId.of("account-7"))),
                stored(new OfNothing()),
                stored(new OfFlag(true, false, "name")),
                stored(new OfEnum(Colour.RED)),
                stored(new OfEnum(Colour.GREEN)),
                stored(new OfEnum(Colour.BLUE)),
                refused(new OfSameJson(SameJson.TWO)),
                stored(new OfPoint(new Point(1, 2))),
                stored(new OfPoints(List.of(new Point(1, 2), new Point(3, 4)))),
                stored(new OfBox(new Box<>(new BigDecimal("1.50")))),
                refused(new OfLooseBox(new Box<>(new BigDecimal("1.50")))),
                refused(new Gen<>(new BigDecimal("1.50"))),
                refused(new Gen<>(new BigDecimal("1.5"))),
                stored(new Gen<>("text")),
                stored(new OfEmail(new Email("a@example.com"))),
                stored(new OfId(Id.of("7"))),
                refused(new OfUntyped(new Untyped.Cash(5))),
                stored(new OfNamed(new Named.Card("1"))),
                stored(new OfNamedList(List.of(new Named.Card("1"), new Named.Cash(5)))),
                stored(new OfDeduced(new Deduced.Card("1"))),
                stored(new OfDeduced(new Deduced.Cash(5))),
                refused(new OfClassName(new Anything("x"))),
                refused(new OfDeducedByClassName(new Deduced.Cash(5))),
                stored(new OfJson(JsonMapper.shared().readTree("{\"a\":[1,2.50,null]}"))),
                stored(new OfJsonObject(JsonMapper.shared().createObjectNode().put("a", 1L))),
                refused(new FilledByConstructor("item")),
                stored(new FilledByConstructor()),
                refused(new NoWayIn("text", 1)),
                refused(new GetterOnly("text")),
                refused(new OfEqualById(new EqualById(1, "name"))),
                stored(bean),
                stored(fields),
                refused(new Child(5)),
                refused(new Ignoring("text", "secret")),
                stored(new IgnoringEqually("text", "cache")),
                stored(new Derived("Ada", "Lovelace")),
                stored(new Trimmed(" text ")),
                refused(new Counting(1)),
                refused(new Dated(new Date(123_456_789L))),
                stored(new Renamed("Ada")),
                stored(new Snake("Ada")),
                stored(new WithoutNulls(null, "b")),
                stored(new WithoutNulls("a", "b")),
                refused(new WithoutEmpty(List.of(), "b")),
                stored(new WithoutEmpty(List.of("a"), "b")),
                stored(new Unwrapped(new Point(1, 2), "name")),
                stored(new OfTree(tree(100))),
                refused(new OfTree(tree(600))),
                refused(new OfRing(ring)),
                refused(new OfSupplier(() -> "text")));
    }

    private static Tree tree(int depth) {
        Tree tree = new Tree("leaf", List.of());
        for (int i = 0; i < depth; i++) {
            tree = new Tree("node", List.of(tree));
        }
        return tree;
    }

    private static URL url() {
        try {
            return URI.create("https://example.invalid/a?b=c").toURL();
        } catch (MalformedURLException e) {
            throw new IllegalStateException(e);
        }
    }
}
