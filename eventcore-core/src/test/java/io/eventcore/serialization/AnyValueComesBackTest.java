package io.eventcore.serialization;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.GlobalPosition;
import io.eventcore.StreamId;
import io.eventcore.StreamPattern;
import io.eventcore.StreamPrefix;
import io.eventcore.StreamVersion;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.OffsetTime;
import java.time.Period;
import java.time.Year;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.util.Currency;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Random;
import java.util.UUID;
import java.util.function.Function;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JavaType;
import tools.jackson.databind.json.JsonMapper;

/** The types that the guide says an event may hold: whatever value they have, it comes back as it was. */
class AnyValueComesBackTest {
    private static final int TRIES = 2_000;
    private static final List<Currency> CURRENCIES = List.copyOf(Currency.getAvailableCurrencies());

    private static final Map<Class<?>, Function<Random, Object>> VALUES = Map.ofEntries(
            Map.entry(Boolean.class, Random::nextBoolean),
            Map.entry(Byte.class, random -> (byte) random.nextInt()),
            Map.entry(Short.class, random -> (short) random.nextInt()),
            Map.entry(Integer.class, random -> random.nextInt() >> random.nextInt(32)),
            Map.entry(Long.class, random -> random.nextLong() >> random.nextInt(64)),
            Map.entry(Float.class, random -> Float.intBitsToFloat(random.nextInt())),
            Map.entry(Double.class, random -> Double.longBitsToDouble(random.nextLong())),
            Map.entry(Character.class, random -> (char) random.nextInt()),
            Map.entry(String.class, AnyValueComesBackTest::text),
            Map.entry(BigInteger.class, random -> new BigInteger(random.nextInt(5_000), random)),
            Map.entry(
                    BigDecimal.class,
                    random -> new BigDecimal(new BigInteger(random.nextInt(300), random), random.nextInt(400) - 200)),
            Map.entry(UUID.class, random -> new UUID(random.nextLong(), random.nextLong())),
            Map.entry(Currency.class, random -> CURRENCIES.get(random.nextInt(CURRENCIES.size()))),
            Map.entry(Instant.class, random -> instant(random, Instant.MIN, Instant.MAX)),
            Map.entry(LocalDate.class, AnyValueComesBackTest::date),
            Map.entry(LocalTime.class, AnyValueComesBackTest::time),
            Map.entry(LocalDateTime.class, random -> date(random).atTime(time(random))),
            Map.entry(
                    OffsetDateTime.class,
                    random -> date(random).atTime(time(random)).atOffset(offset(random))),
            Map.entry(OffsetTime.class, random -> time(random).atOffset(offset(random))),
            Map.entry(Year.class, random -> Year.of(date(random).getYear())),
            Map.entry(YearMonth.class, random -> YearMonth.from(date(random))),
            Map.entry(
                    Duration.class,
                    random -> Duration.ofSeconds(random.nextLong() >> random.nextInt(64), random.nextInt(1_000_000))),
            Map.entry(
                    Period.class,
                    random -> Period.of(random.nextInt() >> 8, random.nextInt() >> 8, random.nextInt() >> 8)),
            Map.entry(ZoneOffset.class, AnyValueComesBackTest::offset),
            Map.entry(
                    OptionalInt.class,
                    random -> random.nextBoolean() ? OptionalInt.empty() : OptionalInt.of(random.nextInt())),
            Map.entry(
                    OptionalLong.class,
                    random -> random.nextBoolean() ? OptionalLong.empty() : OptionalLong.of(random.nextLong())),
            Map.entry(
                    OptionalDouble.class,
                    random -> random.nextBoolean() ? OptionalDouble.empty() : OptionalDouble.of(random.nextGaussian())),
            Map.entry(StreamId.class, random -> StreamId.of("a-" + random.nextLong())),
            Map.entry(StreamPrefix.class, random -> StreamPrefix.of("a-" + random.nextLong())),
            Map.entry(StreamPattern.class, random -> StreamPattern.of("*[a-c]?" + random.nextLong())),
            Map.entry(StreamVersion.class, random -> StreamVersion.of(random.nextLong() >>> 1)),
            Map.entry(GlobalPosition.class, random -> GlobalPosition.of(random.nextLong() >>> 1)));

    private final JsonMapper mapper = EventJson.builder().build();

    static List<Class<?>> types() {
        return List.copyOf(VALUES.keySet());
    }

    @ParameterizedTest
    @MethodSource("types")
    void whatever_value_it_has_it_comes_back(Class<?> type) {
        Random random = new Random(type.getName().hashCode());
        for (int i = 0; i < TRIES; i++) {
            Object value = valueOf(type, random);

            Object back = mapper.readerFor(type).readValue(mapper.writeValueAsBytes(value));

            assertThat(back).isEqualTo(value);
        }
    }

    @ParameterizedTest
    @MethodSource("keys")
    void whatever_key_it_is_it_comes_back_or_is_refused(Class<?> type) {
        JavaType map = mapper.getTypeFactory().constructMapType(Map.class, type, Integer.class);
        Random random = new Random(type.getName().hashCode());
        for (int i = 0; i < TRIES; i++) {
            Map<?, Integer> value = Map.of(valueOf(type, random), 1);
            byte[] json;
            try {
                json = mapper.writerFor(map).writeValueAsBytes(value);
            } catch (JacksonException refusal) {
                assertThat(refusal).hasMessageContaining("half a surrogate pair");
                continue;
            }

            Object back = mapper.readerFor(map).readValue(json);

            assertThat(back).isEqualTo(value);
        }
    }

    static List<Class<?>> keys() {
        return List.of(String.class, Integer.class, Long.class, UUID.class, LocalDate.class, StreamId.class);
    }

    private static Object valueOf(Class<?> type, Random random) {
        return Objects.requireNonNull(VALUES.get(type)).apply(random);
    }

    private static String text(Random random) {
        int length = random.nextInt(20);
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < length; i++) {
            text.append(random.nextBoolean() ? (char) random.nextInt() : (char) random.nextInt(256));
        }
        return text.toString();
    }

    private static Instant instant(Random random, Instant min, Instant max) {
        long seconds =
                min.getEpochSecond() + Math.floorMod(random.nextLong(), max.getEpochSecond() - min.getEpochSecond());
        return Instant.ofEpochSecond(seconds, random.nextInt(1_000_000_000));
    }

    private static LocalDate date(Random random) {
        return instant(random, Instant.MIN, Instant.MAX)
                .atOffset(ZoneOffset.UTC)
                .toLocalDate();
    }

    private static LocalTime time(Random random) {
        return LocalTime.ofNanoOfDay(Math.floorMod(random.nextLong(), LocalTime.MAX.toNanoOfDay()));
    }

    private static ZoneOffset offset(Random random) {
        return ZoneOffset.ofTotalSeconds(random.nextInt(2 * 18 * 3_600) - 18 * 3_600);
    }
}
