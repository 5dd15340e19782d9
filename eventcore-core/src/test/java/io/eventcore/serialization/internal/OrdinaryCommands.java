package io.eventcore.serialization.internal;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.annotation.JsonValue;
import io.eventcore.StreamId;
import io.eventcore.serialization.EventJson;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.net.URI;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.Year;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.Collection;
import java.util.Currency;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Commands as applications write them. Their hashes stand in databases. */
@SuppressWarnings({"ArrayRecordComponent", "UnusedVariable", "ClassCanBeStatic"}) // Jackson reads the fields.
final class OrdinaryCommands {
    private OrdinaryCommands() {}

    interface Means {}

    enum Size {
        SMALL,
        LARGE {
            @Override
            public String toString() {
                return "very large";
            }
        }
    }

    record Pay(StreamId account, long cents, @Nullable String note) implements Means {}

    record Numbers(byte a, short b, int c, long d, float e, double f, boolean g, char h, BigDecimal i, BigInteger j)
            implements Means {}

    record Boxed(Byte a, Short b, Integer c, Long d, Float e, Double f, Boolean g, Character h) implements Means {}

    record Times(
            Instant a,
            LocalDate b,
            LocalDateTime c,
            OffsetDateTime d,
            ZonedDateTime e,
            Duration f,
            ZoneId g,
            ZoneId h,
            ZoneOffset i,
            Year j,
            DayOfWeek k)
            implements Means {}

    record Texts(UUID a, URI b, Currency c, Locale d, Charset e, Path f, byte[] g, char[] h) implements Means {}

    record Lists(List<String> a, Set<String> b, Collection<Long> c, List<List<Integer>> d, String[] e, long[] f)
            implements Means {}

    record Maps(
            Map<String, Integer> a,
            Map<Size, String> b,
            Map<UUID, Long> c,
            Map<Integer, String> d,
            Map<LocalDate, List<String>> e,
            SortedMap<String, String> f,
            Map<StreamId, Long> g)
            implements Means {}

    record Optionals(Optional<String> a, Optional<Long> b, OptionalInt c, Optional<Size> d) implements Means {}

    sealed interface Method permits Card, Account {}

    record Card(String number) implements Method {}

    record Account(String iban) implements Method {}

    record Line(String item, int count, BigDecimal price) {}

    record Order(StreamId order, Method method, List<Line> lines, Set<Method> also, Size size) implements Means {}

    record Box<T>(T content) {}

    record Boxes(Box<Long> a, List<Box<Instant>> b, Map<String, Box<UUID>> c, Set<Box<Long>> d) implements Means {}

    record Email(@JsonValue String address) {}

    static final class Cents {
        private final long value;

        Cents(long value) {
            this.value = value;
        }

        @JsonValue
        long getValue() {
            return value;
        }
    }

    record Contact(Email email, List<Email> others, Cents fee, Map<String, Cents> fees) implements Means {}

    /** What JSON itself can tell, where anything may stand. */
    record Anything(Object a, Map<String, Object> b, List<Object> c) implements Means {}

    static class Bean implements Means {
        private final String name;
        private final boolean open;

        @JsonProperty("remark")
        private final String note;

        @JsonIgnore
        private final transient Object lock = new Object();

        Bean(String name, boolean open, String note) {
            this.name = name;
            this.open = open;
            this.note = note;
        }

        public String getName() {
            return name;
        }

        public boolean isOpen() {
            return open;
        }
    }

    static final class DerivedBean extends Bean {
        public final int more = 7;

        DerivedBean(String name) {
            super(name, true, "n");
        }
    }

    record Beans(Bean a, Bean b) implements Means {}

    @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind")
    @JsonSubTypes({@JsonSubTypes.Type(value = Circle.class, name = "circle")})
    sealed interface Shape permits Circle {}

    record Circle(double radius) implements Shape {}

    record Draw(Shape shape, List<Shape> shapes) implements Means {}

    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Sparse(@Nullable String a, @Nullable String b) implements Means {}

    record WithoutInterface(String a) {}

    /** Each under the hash that earlier versions have stored. */
    static Map<Object, String> hashes() {
        Map<Object, String> hashes = new LinkedHashMap<>();
        hashes.put(
                new Pay(StreamId.of("a"), 100, null),
                "690215c8fe9d29977f023ac35ed64e19baada91619f16ead7a2206789627d151");
        hashes.put(
                new Pay(StreamId.of("a"), 100, "ä \"quoted\"\n"),
                "dab6daef5659367ad6d68cec1dc80f84f4518d0b929f67b1340de794b36927d7");
        hashes.put(
                new Numbers(
                        (byte) 1,
                        (short) 2,
                        3,
                        4L,
                        1.5f,
                        1e300,
                        true,
                        'x',
                        new BigDecimal("1.50"),
                        BigInteger.TEN.pow(30)),
                "a4f96c65c8c6db6fe8604d89c13072ad5825601e0bef7b6352e3954de6ff5924");
        hashes.put(
                new Boxed((byte) 1, (short) 2, 3, 4L, 1.5f, 2.5, false, 'y'),
                "7ef86a965cf25a876845b991f7fe05b6e680bc5442abbbe00c588bf80720379c");
        hashes.put(
                new Times(
                        Instant.EPOCH,
                        LocalDate.of(2026, 1, 2),
                        LocalDateTime.of(2026, 1, 2, 3, 4),
                        OffsetDateTime.of(2026, 1, 2, 3, 4, 5, 6, ZoneOffset.ofHours(2)),
                        ZonedDateTime.of(2026, 1, 2, 3, 4, 5, 6, ZoneId.of("Europe/Paris")),
                        Duration.ofMillis(1500),
                        ZoneId.of("Europe/Paris"),
                        ZoneOffset.UTC,
                        ZoneOffset.ofHours(1),
                        Year.of(2026),
                        DayOfWeek.MONDAY),
                "8f82c05cbf315555a86a77308802abc77184f3b816723095d6b1b2760bfe4239");
        hashes.put(
                new Texts(
                        new UUID(1, 2),
                        URI.create("https://example.org/a"),
                        Currency.getInstance("EUR"),
                        Locale.GERMANY,
                        StandardCharsets.UTF_8,
                        Path.of("/tmp/a"),
                        new byte[] {1, 2},
                        new char[] {'a', 'b'}),
                "1490c05e0789d644c97871f57409ea66c0f45e4253e3cca62e86ddbb65645962");
        hashes.put(
                new Lists(
                        List.of("b", "a"),
                        Set.of("c", "b", "a"),
                        List.of(2L, 1L),
                        List.of(List.of(1), List.of()),
                        new String[] {"x"},
                        new long[] {1, 2}),
                "3cd61ca81893d004c0382af3a69f883c1c6341db7c8711b582c5deb25ffae11b");
        hashes.put(
                new Maps(
                        Map.of("b", 1, "a", 2),
                        sizes(),
                        Map.of(new UUID(2, 1), 1L, new UUID(1, 1), 2L),
                        Map.of(10, "ten", 9, "nine"),
                        Map.of(LocalDate.of(2026, 1, 2), List.of("x")),
                        new TreeMap<>(Map.of("z", "1", "y", "2")),
                        Map.of(StreamId.of("s-2"), 1L, StreamId.of("s-1"), 2L)),
                "5b664b6ab0f64febfb5dd415244793b5e56bd7db11aa24b2418b71f071ed0d49");
        hashes.put(
                new Optionals(Optional.of("a"), Optional.empty(), OptionalInt.of(3), Optional.of(Size.LARGE)),
                "23e802314587c417b0defed65472a61c3e4c1994bddd15fac0af8909163870d0");
        hashes.put(
                new Order(
                        StreamId.of("o-1"),
                        new Card("7"),
                        List.of(new Line("tea", 2, new BigDecimal("3.10"))),
                        Set.of(new Card("8"), new Account("DE1")),
                        Size.LARGE),
                "e1dc457806ff6e29cd732ba25d09706f96f989dd90f25d74f043cea3746f80ec");
        hashes.put(
                new Boxes(
                        new Box<>(1L),
                        List.of(new Box<>(Instant.EPOCH)),
                        Map.of("k", new Box<>(new UUID(0, 1))),
                        Set.of(new Box<>(1L), new Box<>(2L))),
                "450bc355121174443400298ba52a62746e2e30b3d7d323f12fbaba7400097a40");
        hashes.put(
                new Contact(
                        new Email("a@b.example"),
                        List.of(new Email("c@d.example")),
                        new Cents(5),
                        Map.of("x", new Cents(6))),
                "cb0f1e42728bd4178443fe90ada5b04763363c5d23ec7f3ff5d933a5998e4c79");
        hashes.put(
                new Anything(
                        "text",
                        Map.of(
                                "s",
                                "x",
                                "n",
                                1,
                                "d",
                                1.5,
                                "b",
                                true,
                                "l",
                                List.of(1, "2", List.of()),
                                "m",
                                Map.of("k", "v")),
                        List.of("a", 1, Map.of())),
                "0fa62a0eda73952afc3cca0cfaa53f79a247c13f05200a286c907945dae99ff9");
        hashes.put(
                new Beans(new Bean("n", true, "r"), new DerivedBean("d")),
                "d9771351d8ac5fed1405bf3b6658aea6c787570cfba2c5c0a24f9b0ba1f55e73");
        hashes.put(
                new Draw(new Circle(1.5), List.of(new Circle(2))),
                "f2d350fc33748d97114f0c3734579ad84057707d914e65e0e855a0d9c44373a3");
        hashes.put(new Sparse(null, "b"), "d76d48a78c4e96f3cc6d202b0ce132c07e4a917095286ad9bfb20ec7cf848442");
        hashes.put(new WithoutInterface("a"), "e9683275b4eea657423fcae94dff7e9356a332caa8df5e9a89bb28c3e713c658");
        return hashes;
    }

    private static Map<Size, String> sizes() {
        Map<Size, String> sizes = new EnumMap<>(Size.class);
        sizes.put(Size.LARGE, "l");
        sizes.put(Size.SMALL, "s");
        return sizes;
    }

    static CanonicalJson json() {
        return new CanonicalJson(EventJson.builder().build());
    }
}
