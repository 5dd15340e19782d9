package io.eventcore.test;

import io.eventcore.GlobalPosition;
import io.eventcore.StreamId;
import io.eventcore.StreamPattern;
import io.eventcore.StreamPrefix;
import io.eventcore.StreamVersion;
import java.lang.reflect.Array;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Modifier;
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
import java.time.ZonedDateTime;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collection;
import java.util.Collections;
import java.util.Currency;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Queue;
import java.util.Set;
import java.util.UUID;
import java.util.stream.IntStream;
import org.springframework.core.ResolvableType;
import org.springframework.util.ClassUtils;

/**
 * Makes values of a class by what its constructor asks for, so that its JSON form can be tried. A class whose constructor
 * refuses such values has no sample.
 *
 * <p>The first has one element in each collection, the first constant of each enum and the first class of each sealed type.
 * Each further one differs from it in one place: another constant, another class, a collection or an {@code Optional} that
 * is empty.
 */
final class Samples {
    /** A class may hold itself; what is deeper than this is left out where it may be, or has no sample. */
    private static final int DEPTH = 6;

    /** A class that refers to large enums in many places would have thousands. */
    private static final int MAX_SAMPLES = 100;

    private static final Instant TIME = Instant.parse("2024-05-06T07:08:09.123456Z");

    private static final Map<Class<?>, Object> VALUES = Map.ofEntries(
            Map.entry(Boolean.class, true),
            Map.entry(Byte.class, (byte) 1),
            Map.entry(Short.class, (short) 1),
            Map.entry(Integer.class, 1),
            Map.entry(Long.class, 1L),
            Map.entry(Float.class, 1.5f),
            Map.entry(Double.class, 1.5),
            Map.entry(Character.class, 'a'),
            Map.entry(String.class, "a"),
            Map.entry(CharSequence.class, "a"),
            Map.entry(Object.class, "a"),
            Map.entry(Number.class, 1),
            Map.entry(BigDecimal.class, new BigDecimal("1.50")),
            Map.entry(BigInteger.class, BigInteger.TEN),
            Map.entry(UUID.class, new UUID(1, 2)),
            Map.entry(Currency.class, Currency.getInstance("EUR")),
            Map.entry(Instant.class, TIME),
            Map.entry(LocalDate.class, LocalDate.of(2024, 5, 6)),
            Map.entry(LocalTime.class, LocalTime.of(7, 8, 9)),
            Map.entry(LocalDateTime.class, LocalDateTime.of(2024, 5, 6, 7, 8, 9)),
            Map.entry(OffsetDateTime.class, TIME.atOffset(ZoneOffset.ofHours(2))),
            Map.entry(OffsetTime.class, OffsetTime.of(7, 8, 9, 0, ZoneOffset.ofHours(2))),
            Map.entry(ZonedDateTime.class, TIME.atZone(ZoneOffset.ofHours(2))),
            Map.entry(ZoneOffset.class, ZoneOffset.ofHours(2)),
            Map.entry(Year.class, Year.of(2024)),
            Map.entry(YearMonth.class, YearMonth.of(2024, 5)),
            Map.entry(Duration.class, Duration.ofSeconds(90)),
            Map.entry(Period.class, Period.ofDays(3)),
            Map.entry(OptionalInt.class, OptionalInt.of(1)),
            Map.entry(OptionalLong.class, OptionalLong.of(1)),
            Map.entry(OptionalDouble.class, OptionalDouble.of(1.5)),
            Map.entry(BitSet.class, BitSet.valueOf(new byte[] {5})),
            Map.entry(StreamId.class, StreamId.of("a")),
            Map.entry(StreamPrefix.class, StreamPrefix.of("a")),
            Map.entry(StreamPattern.class, StreamPattern.of("a*")),
            Map.entry(StreamVersion.class, StreamVersion.of(1)),
            Map.entry(GlobalPosition.class, GlobalPosition.of(1)));

    /** The ways to take in the first places; the first way in all others. */
    private final List<Integer> choices;

    /** How many ways there are in each place passed so far. */
    private final List<Integer> ways = new ArrayList<>();

    /** After which place what was made by the last one of the choices ends. */
    private int end;

    private Samples(List<Integer> choices) {
        this.choices = choices;
    }

    /** Values of a class, no more than {@value #MAX_SAMPLES}; empty if none can be made. */
    static <T> List<T> of(Class<T> type) {
        Samples first = new Samples(List.of());
        List<T> samples = new ArrayList<>(first.value(type).stream().toList());
        Queue<List<Integer>> open = new ArrayDeque<>();
        if (!samples.isEmpty()) {
            first.others(0, first.ways.size()).forEach(open::add);
        }
        while (samples.size() < MAX_SAMPLES && !open.isEmpty()) {
            List<Integer> choices = open.remove();
            Samples other = new Samples(choices);
            other.value(type).ifPresent(samples::add);
            // Places that only this choice leads to: another class has other components.
            other.others(choices.size(), other.end).forEach(open::add);
        }
        return samples;
    }

    /** What differs from this in one of these places: each place in turn, so that one with many ways leaves room for the others. */
    private List<List<Integer>> others(int from, int to) {
        if (to <= from) {
            return List.of();
        }
        int most = Collections.max(ways.subList(from, to));
        List<List<Integer>> others = new ArrayList<>();
        for (int choice = 1; choice < Math.min(most, MAX_SAMPLES); choice++) {
            for (int place = from; place < to; place++) {
                if (choice < ways.get(place)) {
                    List<Integer> other = new ArrayList<>(choices);
                    while (other.size() < place) {
                        other.add(0);
                    }
                    other.add(choice);
                    others.add(other);
                }
            }
        }
        return others;
    }

    private <T> Optional<T> value(Class<T> type) {
        return of(ResolvableType.forClass(type), 0).map(type::cast);
    }

    /** Which of so many ways to take in the place that comes next. */
    private int choose(int count) {
        ways.add(count);
        int place = ways.size() - 1;
        return place < choices.size() && choices.get(place) < count ? choices.get(place) : 0;
    }

    private Optional<?> of(ResolvableType type, int depth) {
        Class<?> raw = ClassUtils.resolvePrimitiveIfNecessary(type.resolve(Object.class));
        Object known = VALUES.get(raw);
        if (known != null) {
            return Optional.of(known);
        }
        if (raw.isEnum()) {
            Object[] constants = raw.getEnumConstants();
            return constants.length == 0 ? Optional.empty() : Optional.of(constants[choose(constants.length)]);
        }
        Optional<?> container = container(type, raw, depth);
        if (container.isPresent() || depth > DEPTH) {
            return container;
        }
        List<Class<?>> alternatives = new ArrayList<>(Alternatives.of(raw).values());
        if (!alternatives.isEmpty()) {
            return alternative(alternatives, depth);
        }
        boolean ofTheJdk = raw.getName().startsWith("java.");
        return ofTheJdk || raw.isInterface() || Modifier.isAbstract(raw.getModifiers())
                ? Optional.empty()
                : constructed(type, raw, depth);
    }

    private Optional<?> alternative(List<Class<?>> alternatives, int depth) {
        int from = choose(alternatives.size());
        boolean last = ways.size() == choices.size();
        Optional<?> made = IntStream.range(from, alternatives.size())
                .mapToObj(i -> constructedOr(alternatives.get(i), depth + 1))
                .flatMap(Optional::stream)
                .findFirst();
        if (last) {
            end = ways.size();
        }
        return made;
    }

    /** A base class may be one of its own alternatives. */
    private Optional<?> constructedOr(Class<?> alternative, int depth) {
        boolean itself = Alternatives.of(alternative).containsValue(alternative);
        ResolvableType type = ResolvableType.forClass(alternative);
        return itself ? constructed(type, alternative, depth) : of(type, depth);
    }

    /** With one element, or none. */
    private Optional<?> container(ResolvableType type, Class<?> raw, int depth) {
        if (raw.isArray()) {
            Class<?> component = raw.getComponentType();
            Optional<?> element = element(type.getComponentType(), depth);
            Object array = Array.newInstance(component, element.isPresent() ? 1 : 0);
            element.ifPresent(found -> Array.set(array, 0, found));
            return Optional.of(array);
        }
        if (raw == Optional.class) {
            return Optional.of(element(type.getGeneric(0), depth));
        }
        if (raw == Map.class) {
            Optional<?> key = element(type.getGeneric(0), depth);
            Optional<?> value = of(type.getGeneric(1), depth + 1);
            return Optional.of(key.isPresent() && value.isPresent() ? Map.of(key.get(), value.get()) : Map.of());
        }
        if (raw == List.class || raw == Collection.class || raw == Iterable.class) {
            return Optional.of(element(type.getGeneric(0), depth).stream().toList());
        }
        return raw == Set.class
                ? Optional.of(
                        element(type.getGeneric(0), depth).<Set<?>>map(Set::of).orElse(Set.of()))
                : Optional.empty();
    }

    /** What a container holds; nothing where that has no sample, or by choice. */
    private Optional<?> element(ResolvableType type, int depth) {
        return choose(2) == 0 ? of(type, depth + 1) : Optional.empty();
    }

    /** By the constructor of a record, or the only one of another class. */
    private Optional<?> constructed(ResolvableType type, Class<?> raw, int depth) {
        List<Constructor<?>> constructors = Arrays.stream(raw.getDeclaredConstructors())
                .filter(constructor -> !constructor.isSynthetic() && (!raw.isRecord() || isCanonical(constructor, raw)))
                .toList();
        if (constructors.size() != 1) {
            return Optional.empty();
        }
        Constructor<?> only = constructors.get(0);
        Object[] arguments = new Object[only.getParameterCount()];
        for (int i = 0; i < arguments.length; i++) {
            Optional<?> argument = of(ResolvableType.forType(only.getGenericParameterTypes()[i], type), depth + 1);
            if (argument.isEmpty()) {
                return Optional.empty();
            }
            arguments[i] = argument.get();
        }
        try {
            only.setAccessible(true);
            return Optional.of(only.newInstance(arguments));
        } catch (InvocationTargetException | RuntimeException refused) {
            return Optional.empty();
        } catch (ReflectiveOperationException e) {
            throw new LinkageError("The only constructor of " + raw.getName() + " cannot be called", e);
        }
    }

    private static boolean isCanonical(Constructor<?> constructor, Class<?> raw) {
        Class<?>[] components = Arrays.stream(raw.getRecordComponents())
                .map(component -> component.getType())
                .toArray(Class<?>[]::new);
        return Arrays.equals(constructor.getParameterTypes(), components);
    }
}
