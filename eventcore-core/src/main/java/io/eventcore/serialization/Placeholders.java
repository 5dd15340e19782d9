package io.eventcore.serialization;

import io.eventcore.PersonalData;
import io.eventcore.internal.PersonalComponents.Component;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.AnnotatedType;
import java.lang.reflect.Array;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.RecordComponent;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.Period;
import java.time.Year;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JavaType;
import tools.jackson.databind.ObjectReader;
import tools.jackson.databind.json.JsonMapper;

/** What stands in the place of personal data: JSON that the component's class can be read from. Safe for any number of threads. */
final class Placeholders {
    private static final String TEXT = "[erased]";
    private static final OffsetDateTime EPOCH = Instant.EPOCH.atOffset(ZoneOffset.UTC);

    private static final Map<Class<?>, Object> VALUES = Map.ofEntries(
            Map.entry(String.class, TEXT),
            Map.entry(CharSequence.class, TEXT),
            Map.entry(Object.class, TEXT),
            Map.entry(boolean.class, false),
            Map.entry(Boolean.class, false),
            Map.entry(char.class, '?'),
            Map.entry(Character.class, '?'),
            Map.entry(byte.class, (byte) 0),
            Map.entry(Byte.class, (byte) 0),
            Map.entry(short.class, (short) 0),
            Map.entry(Short.class, (short) 0),
            Map.entry(int.class, 0),
            Map.entry(Integer.class, 0),
            Map.entry(long.class, 0L),
            Map.entry(Long.class, 0L),
            Map.entry(float.class, 0f),
            Map.entry(Float.class, 0f),
            Map.entry(double.class, 0d),
            Map.entry(Double.class, 0d),
            Map.entry(BigDecimal.class, BigDecimal.ZERO),
            Map.entry(BigInteger.class, BigInteger.ZERO),
            Map.entry(Optional.class, Optional.empty()),
            Map.entry(OptionalInt.class, OptionalInt.empty()),
            Map.entry(OptionalLong.class, OptionalLong.empty()),
            Map.entry(OptionalDouble.class, OptionalDouble.empty()),
            Map.entry(UUID.class, new UUID(0, 0)),
            Map.entry(Instant.class, Instant.EPOCH),
            Map.entry(OffsetDateTime.class, EPOCH),
            Map.entry(ZonedDateTime.class, EPOCH.toZonedDateTime()),
            Map.entry(LocalDateTime.class, EPOCH.toLocalDateTime()),
            Map.entry(LocalDate.class, EPOCH.toLocalDate()),
            Map.entry(LocalTime.class, LocalTime.MIDNIGHT),
            Map.entry(Year.class, Year.of(EPOCH.getYear())),
            Map.entry(YearMonth.class, YearMonth.of(EPOCH.getYear(), 1)),
            Map.entry(Duration.class, Duration.ZERO),
            Map.entry(Period.class, Period.ZERO));

    private final JsonMapper mapper;

    Placeholders(JsonMapper mapper) {
        this.mapper = mapper;
    }

    /**
     * Checks that a component has a placeholder, and one of the classes around it may name its subject.
     *
     * @throws IllegalArgumentException if not; names the component and what to do
     */
    void check(Component component) {
        Field field = component.field();
        PersonalData declared = field.getAnnotation(PersonalData.class);
        String name = name(field.getName(), field);
        if (component.around().stream()
                .allMatch(type ->
                        PersonalValues.component(type, declared.subject()).isEmpty())) {
            throw new IllegalArgumentException(
                    "%s is @PersonalData of '%s', but neither its class nor an enclosing one has such a component"
                            .formatted(name, declared.subject()));
        }
        if (PersonalValues.component(field.getDeclaringClass(), declared.subject())
                .filter(subject -> subject.isAnnotationPresent(PersonalData.class))
                .isPresent()) {
            throw new IllegalArgumentException(
                    "%s is @PersonalData of '%s', which is @PersonalData itself: the subject must stay readable"
                            .formatted(name, declared.subject()));
        }
        JavaType type = mapper.constructType(field.getGenericType());
        if (!(field.getGenericType() instanceof java.lang.reflect.TypeVariable<?>)) {
            of(declared, type, field, field.getName());
        }
    }

    private static String name(String component, AnnotatedElement element) {
        Class<?> owner = element instanceof java.lang.reflect.Member member ? member.getDeclaringClass() : Object.class;
        return "Component '" + component + "' of " + owner.getName();
    }

    /**
     * The JSON of a placeholder.
     *
     * @throws IllegalArgumentException if there is none; names the component and what to do
     */
    byte[] of(PersonalData declared, JavaType type, AnnotatedElement element, String component) {
        ObjectReader reader = mapper.readerFor(type).with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
        List<byte[]> candidates = declared.placeholder().isEmpty()
                ? byDefault(type, element).map(List::of).orElse(List.of())
                : List.of(
                        declared.placeholder().getBytes(StandardCharsets.UTF_8),
                        mapper.writeValueAsBytes(declared.placeholder()));
        if (CharSequence.class.isAssignableFrom(type.getRawClass()) && candidates.size() > 1) {
            candidates = candidates.subList(1, 2);
        }
        for (byte[] candidate : candidates) {
            try {
                Object read = reader.readValue(candidate);
                if (read != null
                        || isNullable(element)
                        || new String(candidate, StandardCharsets.UTF_8).equals("null")) {
                    return candidate;
                }
            } catch (JacksonException notThisOne) {
                // The next one may be read, and if none is, the component is refused.
            }
        }
        String problem = declared.placeholder().isEmpty()
                ? "%s is @PersonalData, but there is no default placeholder for a %s: set one,"
                        + " @PersonalData(placeholder = \"..\")"
                : "%s is @PersonalData, but a %s cannot be read from its placeholder";
        throw new IllegalArgumentException(
                problem.formatted(name(component, element), type.getRawClass().getName()));
    }

    private Optional<byte[]> byDefault(JavaType type, AnnotatedElement element) {
        if (isNullable(element)) {
            return Optional.of("null".getBytes(StandardCharsets.UTF_8));
        }
        if (type.isMapLikeType()) {
            return Optional.of("{}".getBytes(StandardCharsets.UTF_8));
        }
        if (Collection.class.isAssignableFrom(type.getRawClass())) {
            return Optional.of("[]".getBytes(StandardCharsets.UTF_8));
        }
        try {
            return value(type)
                    .map(value -> mapper.writerFor(type)
                            .withAttribute(PersonalValues.class, PersonalValues.IN_THEIR_PLACE)
                            .writeValueAsBytes(value));
        } catch (JacksonException e) {
            return Optional.empty();
        }
    }

    /** A value of this type that says nothing; for a record, one of such values, if its constructor takes them. */
    private Optional<Object> value(JavaType type) {
        Class<?> raw = type.getRawClass();
        if (VALUES.containsKey(raw)) {
            return Optional.of(VALUES.get(raw));
        }
        if (raw.isArray()) {
            return Optional.of(Array.newInstance(raw.getComponentType(), 0));
        }
        if (Map.class == raw) {
            return Optional.of(Map.of());
        }
        if (java.util.Set.class == raw) {
            return Optional.of(java.util.Set.of());
        }
        if (raw.isAssignableFrom(List.class) && Collection.class.isAssignableFrom(raw)) {
            return Optional.of(List.of());
        }
        return raw.isRecord() ? record(type) : Optional.empty();
    }

    private Optional<Object> record(JavaType type) {
        RecordComponent[] components = type.getRawClass().getRecordComponents();
        List<@Nullable Object> values = new ArrayList<>();
        for (RecordComponent component : components) {
            JavaType of = mapper.getTypeFactory().resolveMemberType(component.getGenericType(), type.getBindings());
            Optional<Object> value = value(of);
            if (value.isEmpty() && !isNullable(component.getAnnotatedType())) {
                return Optional.empty();
            }
            values.add(value.orElse(null));
        }
        try {
            Constructor<?> constructor = type.getRawClass()
                    .getDeclaredConstructor(Arrays.stream(components)
                            .map(RecordComponent::getType)
                            .toArray(Class<?>[]::new));
            constructor.setAccessible(true);
            return Optional.of(constructor.newInstance(values.toArray()));
        } catch (ReflectiveOperationException | RuntimeException notSo) {
            return Optional.empty();
        }
    }

    private static boolean isNullable(AnnotatedElement element) {
        AnnotatedType type = element instanceof Field field
                ? field.getAnnotatedType()
                : element instanceof Method method ? method.getAnnotatedReturnType() : null;
        return isAnnotatedNullable(element) || (type != null && isAnnotatedNullable(type));
    }

    private static boolean isNullable(AnnotatedType type) {
        return isAnnotatedNullable(type);
    }

    private static boolean isAnnotatedNullable(AnnotatedElement element) {
        return Arrays.stream(element.getAnnotations())
                .anyMatch(annotation ->
                        annotation.annotationType().getSimpleName().equals("Nullable"));
    }
}
