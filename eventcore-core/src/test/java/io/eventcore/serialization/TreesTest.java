package io.eventcore.serialization;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.annotation.JsonTypeName;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import io.eventcore.Event;
import io.eventcore.EventMetadata;
import io.eventcore.EventType;
import io.eventcore.StreamId;
import java.lang.reflect.Type;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Random;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectReader;
import tools.jackson.databind.ValueDeserializer;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.module.SimpleModule;
import tools.jackson.databind.node.ObjectNode;

/** What an upcaster does not touch reaches the class as if it had been stored like this. */
class TreesTest {
    private static final EventOrigin ORIGIN =
            new EventOrigin(new UUID(7, 8), StreamId.of("any"), EventMetadata.empty(), Instant.EPOCH);

    private static final JsonMapper JSON = EventJson.builder().build();

    @EventType(value = "any", revision = 2)
    @SuppressWarnings("ArrayRecordComponent") // Events may have one.
    record Any(
            double exact,
            float small,
            BigDecimal decimal,
            BigInteger huge,
            long large,
            String text,
            Object anything,
            JsonNode tree,
            byte[] bytes,
            Instant at)
            implements Event {}

    sealed interface Shape {
        @JsonTypeName("round")
        record Round(int radius) implements Shape {}

        @JsonTypeName("named")
        record Named(String name, Optional<String> other) implements Shape {}
    }

    /** Without decimals: read from the tree itself. */
    @EventType(value = "plain", revision = 2)
    @SuppressWarnings("ArrayRecordComponent") // Events may have one.
    record Plain(
            long large,
            short small,
            Integer boxed,
            BigDecimal decimal,
            double real,
            String text,
            char letter,
            Object anything,
            JsonNode tree,
            byte[] bytes,
            UUID id,
            LocalDate day,
            Thread.State state,
            @JsonTypeInfo(use = JsonTypeInfo.Id.NAME) Shape shape,
            @JsonTypeInfo(use = JsonTypeInfo.Id.DEDUCTION) Shape deduced,
            Map<Integer, List<Shape.Named>> byNumber,
            OptionalLong maybe)
            implements Event {}

    private static final JacksonEventSerializer SERIALIZER = new JacksonEventSerializer(EventTypes.builder()
            .register(Any.class)
            .register(Plain.class)
            .upcaster(Upcaster.from("any").toRevision(2, OldEvent::json))
            .upcaster(Upcaster.from("plain").toRevision(2, OldEvent::json))
            .build());

    @ParameterizedTest
    @ValueSource(
            strings = {
                "1",
                "-0.0",
                "0.0",
                "1.10",
                "1.0E+400",
                "1.00",
                "2.5E17",
                "-1.5E-10",
                "4.9E-324",
                "0.1",
                "123456789012345678901234567890",
                "9007199254740993",
                "[1.50,{\"a\":null}]",
                "{}",
                "null",
                "\"\\u0000\\uD83D\\uDE00\""
            })
    void a_value_is_the_same_on_both_ways(String value) {
        assertThat(through(value)).isEqualTo(value);
    }

    /** JDK 17 writes more digits of some doubles than JDK 19 and later would, and what it wrote is read by these. */
    @ParameterizedTest
    @ValueSource(strings = {"2.28531093968264992E17", "2.0E-3", "1.0E23"})
    void a_double_that_another_jdk_has_written_is_the_same_number_on_both_ways(String value) {
        String through = through(value);

        assertThat(new BigDecimal(through)).isEqualByComparingTo(new BigDecimal(value));
        assertThat(Double.parseDouble(through)).isEqualTo(Double.parseDouble(value));
    }

    private static String through(String json) {
        Trees trees = new Trees(JSON);
        String once =
                new String(trees.write(trees.read(json.getBytes(StandardCharsets.UTF_8))), StandardCharsets.UTF_8);
        // Jackson writes characters of other planes as they are.
        return once.replace("\uD83D\uDE00", "\\uD83D\\uDE00");
    }

    @Test
    void whatever_is_stored_is_read_by_way_of_a_tree_as_it_is_read_directly() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int i = 0; i < 2_000; i++) {
            Any any = any(random);
            byte[] stored = JSON.writeValueAsBytes(any);

            Any direct = (Any) SERIALIZER.deserialize(SerializedEvent.of("any@2", stored));
            List<EventPart> byTree = SERIALIZER.deserialize(SerializedEvent.of("any", stored), ORIGIN);

            assertThat(byTree).as("seed %s, %s", seed, any).hasSize(1);
            Any other = (Any) byTree.get(0).event();
            assertThat(JSON.writeValueAsString(other)).as("seed %s", seed).isEqualTo(JSON.writeValueAsString(direct));
            assertThat(other.anything).as("seed %s", seed).isEqualTo(direct.anything);
            assertThat(other.tree).as("seed %s", seed).isEqualTo(direct.tree);
        }
    }

    @Test
    void what_is_read_from_the_tree_itself_is_the_same_too() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        int plain = 0;
        for (int i = 0; i < 2_000; i++) {
            Plain event = plain(random);
            // What looks like a whole number may be one of any kind.
            byte[] stored = JSON.writeValueAsString(event)
                    .replaceAll("\"real\":(\\d+)\\.0", "\"real\":$1")
                    .getBytes(StandardCharsets.UTF_8);
            plain += Trees.isPlain(new Trees(JSON).read(stored)) ? 1 : 0;

            Plain direct = (Plain) SERIALIZER.deserialize(SerializedEvent.of("plain@2", stored));
            Plain other = (Plain) SERIALIZER
                    .deserialize(SerializedEvent.of("plain", stored), ORIGIN)
                    .get(0)
                    .event();

            assertThat(JSON.writeValueAsString(other)).as("seed %s", seed).isEqualTo(JSON.writeValueAsString(direct));
            assertThat(other.anything).as("seed %s", seed).isEqualTo(direct.anything);
            assertThat(other.tree).as("seed %s", seed).isEqualTo(direct.tree);
            assertThat(List.of(other.shape, other.deduced, other.byNumber, other.decimal, other.maybe))
                    .as("seed %s", seed)
                    .isEqualTo(List.of(direct.shape, direct.deduced, direct.byNumber, direct.decimal, direct.maybe));
        }
        assertThat(plain).isBetween(500, 1_999);
    }

    private static Plain plain(Random random) {
        byte[] bytes = new byte[random.nextInt(5)];
        random.nextBytes(bytes);
        Shape.Named named = new Shape.Named("n" + random.nextInt(), Optional.of("x"));
        return new Plain(
                random.nextLong() >> random.nextInt(64),
                (short) random.nextInt(),
                random.nextInt(),
                new BigDecimal(random.nextInt()),
                random.nextInt(1_000),
                Character.toString(random.nextInt(0xD800)),
                (char) ('a' + random.nextInt(26)),
                untyped(random, random.nextInt(2)),
                JSON.valueToTree(untyped(random, 0)),
                bytes,
                new UUID(random.nextLong(), random.nextLong()),
                LocalDate.ofEpochDay(random.nextInt(100_000)),
                random.nextBoolean() ? Thread.State.NEW : Thread.State.BLOCKED,
                random.nextBoolean() ? named : new Shape.Round(random.nextInt()),
                random.nextBoolean() ? named : new Shape.Round(random.nextInt()),
                Map.of(random.nextInt(), List.of(named)),
                random.nextBoolean() ? OptionalLong.empty() : OptionalLong.of(random.nextLong()));
    }

    @Test
    void what_an_upcaster_puts_into_a_tree_is_read_as_json_says_it() {
        ObjectNode made = JSON.createObjectNode()
                .put("large", (short) 7)
                .put("small", 7L)
                .put("boxed", 7)
                .put("decimal", new BigDecimal("1.50"))
                .put("real", 0.1f)
                .put("text", "t")
                .put("letter", "l")
                .put("anything", 7L)
                .put("tree", "t")
                .put("bytes", new byte[] {1, 2})
                .putPOJO("id", new UUID(1, 2))
                .putPOJO("day", LocalDate.EPOCH)
                .put("state", "NEW");
        made.putObject("shape").put("@type", "round").put("radius", 1);
        made.putObject("deduced").put("radius", 1);
        made.putObject("byNumber");
        JacksonEventSerializer making = new JacksonEventSerializer(EventTypes.builder()
                .register(Plain.class)
                .upcaster(Upcaster.from("plain").toRevision(2, event -> made))
                .build());

        Plain read =
                (Plain) making.deserialize(SerializedEvent.of("plain", "{}".getBytes(StandardCharsets.UTF_8)), ORIGIN)
                        .get(0)
                        .event();

        assertThat(read.anything).isEqualTo(7);
        assertThat(read.real).isEqualTo(0.1);
        assertThat(read.decimal).isEqualTo(new BigDecimal("1.50"));
        assertThat(read.bytes).containsExactly(1, 2);
        assertThat(read.id).isEqualTo(new UUID(1, 2));
    }

    record Unwrapping(int id, @JsonUnwrapped Loose loose) {}

    record Loose(Object a, double b) {}

    @JsonTypeInfo(use = JsonTypeInfo.Id.DEDUCTION)
    sealed interface Deduced {
        record One(Object one) implements Deduced {}

        record Two(BigDecimal two) implements Deduced {}
    }

    /** Reads a number as code of the application may do it. */
    private static final class Asking extends ValueDeserializer<String> {
        private final Function<JsonParser, Object> question;

        private Asking(Function<JsonParser, Object> question) {
            this.question = question;
        }

        @Override
        public String deserialize(JsonParser parser, DeserializationContext context) {
            Object answer = question.apply(parser);
            return answer.getClass() + " " + answer;
        }
    }

    private static List<ObjectReader> readersOfANumber() {
        List<ObjectReader> readers = new ArrayList<>();
        for (Type type : List.<Type>of(
                double.class,
                float.class,
                long.class,
                int.class,
                short.class,
                byte.class,
                boolean.class,
                char.class,
                Double.class,
                Float.class,
                Long.class,
                Integer.class,
                Number.class,
                Object.class,
                String.class,
                BigDecimal.class,
                BigInteger.class,
                JsonNode.class,
                OptionalDouble.class,
                OptionalLong.class,
                Instant.class,
                Duration.class,
                LocalDate.class,
                Date.class,
                Thread.State.class,
                UUID.class)) {
            readers.add(JSON.readerFor(JSON.constructType(type)));
        }
        readers.add(JSON.readerFor(new TypeReference<Optional<BigDecimal>>() {}));
        readers.add(JSON.readerFor(new TypeReference<Optional<Object>>() {}));
        readers.add(
                JSON.reader(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS).forType(Object.class));
        readers.add(
                JSON.reader(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS).forType(JsonNode.class));
        for (Function<JsonParser, Object> question : List.<Function<JsonParser, Object>>of(
                JsonParser::getNumberValue,
                JsonParser::getNumberValueExact,
                JsonParser::getNumberValueDeferred,
                JsonParser::getNumberType,
                JsonParser::getNumberTypeFP,
                JsonParser::getByteValue,
                JsonParser::getShortValue,
                JsonParser::getIntValue,
                JsonParser::getLongValue,
                JsonParser::getBigIntegerValue,
                JsonParser::getFloatValue,
                JsonParser::getDoubleValue,
                JsonParser::getDecimalValue,
                JsonParser::getValueAsInt,
                JsonParser::getValueAsLong,
                JsonParser::getValueAsDouble,
                JsonParser::getValueAsBoolean,
                JsonParser::getValueAsString,
                JsonParser::getString,
                JsonParser::isNaN,
                JsonParser::currentToken,
                JsonParser::isExpectedNumberIntToken,
                parser -> parser.getValueAsInt(7),
                parser -> parser.getValueAsLong(7),
                parser -> parser.getValueAsDouble(7),
                parser -> new String(parser.getStringCharacters(), parser.getStringOffset(), parser.getStringLength()),
                parser -> parser.readValueAs(Object.class),
                parser -> parser.readValueAs(BigDecimal.class),
                JsonParser::readValueAsTree)) {
            JsonMapper asking = JSON.rebuild()
                    .addModule(new SimpleModule("asking").addDeserializer(String.class, new Asking(question)))
                    .build();
            readers.add(asking.readerFor(String.class));
        }
        return readers;
    }

    private static List<BigDecimal> decimals(Random random) {
        List<BigDecimal> decimals = new ArrayList<>();
        for (String edge : List.of(
                "0.1",
                "0.00",
                "-0.50",
                "1.0",
                "0.000001",
                "127.5",
                "-32768.5",
                "2147483647.5",
                "2147483648.0",
                "-9223372036854775808.5",
                "9223372036854775808.0",
                "16777217.0",
                "4503599627370496.5",
                "1.005")) {
            decimals.add(new BigDecimal(edge));
        }
        for (int i = 0; i < 1_000; i++) {
            decimals.add(new BigDecimal(new BigInteger(1 + random.nextInt(300), random), 1 + random.nextInt(40)));
            decimals.add(new BigDecimal(BigInteger.valueOf(random.nextInt()), 1 + random.nextInt(9)).negate());
        }
        return decimals;
    }

    private static Object outcome(Supplier<Object> reading) {
        try {
            return Optional.ofNullable(reading.get());
        } catch (RuntimeException refused) {
            return refused.getClass();
        }
    }

    @Test
    void a_decimal_in_a_tree_is_to_every_reader_what_its_digits_are() {
        long seed = System.nanoTime();
        Trees trees = new Trees(JSON);
        List<ObjectReader> readers = readersOfANumber();
        int plain = 0;
        for (BigDecimal decimal : decimals(new Random(seed))) {
            JsonNode tree = JSON.getNodeFactory().numberNode(decimal);
            if (!Trees.isPlain(tree)) {
                continue;
            }
            plain++;
            byte[] written = trees.write(tree);
            assertThat(trees.read(written)).isEqualTo(tree);
            for (int i = 0; i < readers.size(); i++) {
                ObjectReader reader = readers.get(i);
                assertThat(outcome(() -> reader.readValue(Trees.parser(tree, reader))))
                        .as("seed %s: %s, reader %s of %s", seed, decimal, i, reader.getValueType())
                        .isEqualTo(outcome(() -> reader.readValue(written)));
            }
        }
        assertThat(plain).isGreaterThan(1_000);
    }

    @Test
    void a_decimal_that_is_kept_until_its_type_is_known_is_what_its_digits_are_too() {
        Trees trees = new Trees(JSON);
        for (String json : List.of(
                "{\"one\":1.50}",
                "{\"two\":1.50}",
                "{\"a\":1.50,\"id\":7,\"b\":0.10}",
                "{\"one\":[1.50,{\"x\":0.10}]}")) {
            JsonNode tree = trees.read(json.getBytes(StandardCharsets.UTF_8));
            assertThat(Trees.isPlain(tree)).isTrue();
            ObjectReader reader = JSON.readerFor(json.contains("id") ? Unwrapping.class : Deduced.class);

            Object direct = reader.readValue(json);
            Object byTree = reader.readValue(Trees.parser(tree, reader));

            assertThat(byTree).isEqualTo(direct);
        }
    }

    @Test
    void a_number_whose_json_would_be_another_one_is_read_by_way_of_its_json() {
        for (JsonNode node : List.of(
                JSON.getNodeFactory().numberNode(new BigDecimal("5")),
                JSON.getNodeFactory().numberNode(new BigDecimal("5E+3")),
                JSON.getNodeFactory().numberNode(new BigDecimal("0.0000001")),
                JSON.getNodeFactory().numberNode(new BigDecimal(BigInteger.TEN.pow(2_000), 3)),
                JSON.getNodeFactory().numberNode(1.5),
                JSON.getNodeFactory().numberNode(1.5f),
                JSON.getNodeFactory().numberNode(5L),
                JSON.getNodeFactory().numberNode(BigInteger.TEN))) {
            assertThat(Trees.isPlain(node)).as("%s", node).isFalse();
        }
    }

    private static Any any(Random random) {
        byte[] bytes = new byte[random.nextInt(5)];
        random.nextBytes(bytes);
        return new Any(
                random.nextInt(4) == 0 ? -0.0 : Double.longBitsToDouble(random.nextLong()),
                Float.intBitsToFloat(random.nextInt()),
                new BigDecimal(new BigInteger(random.nextInt(200), random), random.nextInt(60) - 30),
                new BigInteger(random.nextInt(300), random),
                random.nextLong() >> random.nextInt(64),
                Character.toString(random.nextInt(0xD800)),
                untyped(random, 3),
                JSON.valueToTree(untyped(random, 3)),
                bytes,
                Instant.ofEpochSecond(random.nextInt(), random.nextInt(1_000_000_000)));
    }

    private static Object untyped(Random random, int depth) {
        return switch (random.nextInt(depth == 0 ? 4 : 6)) {
            case 0 -> random.nextDouble() * 1e20;
            case 1 -> random.nextLong() >> random.nextInt(64);
            case 2 -> random.nextBoolean();
            case 3 -> "text " + random.nextInt();
            case 4 -> {
                List<Object> list = new ArrayList<>();
                for (int i = random.nextInt(3); i > 0; i--) {
                    list.add(untyped(random, depth - 1));
                }
                yield list;
            }
            default -> {
                Map<String, Object> map = new LinkedHashMap<>();
                for (int i = random.nextInt(3); i > 0; i--) {
                    map.put("key " + i, untyped(random, depth - 1));
                }
                yield map;
            }
        };
    }

    @ParameterizedTest
    @ValueSource(strings = {"{} {}", "{", "{}]", "", "NaN"})
    void what_is_no_json_is_no_tree(String json) {
        assertThatThrownBy(() -> SERIALIZER.deserialize(
                        SerializedEvent.of("any", json.getBytes(StandardCharsets.UTF_8)), ORIGIN))
                .isInstanceOf(RuntimeException.class)
                .isNotInstanceOf(JacksonException.class);
    }
}
