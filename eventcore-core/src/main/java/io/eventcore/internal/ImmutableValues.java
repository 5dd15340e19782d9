package io.eventcore.internal;

import java.lang.reflect.Field;
import java.lang.reflect.InaccessibleObjectException;
import java.lang.reflect.Modifier;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.MonthDay;
import java.time.OffsetDateTime;
import java.time.OffsetTime;
import java.time.Period;
import java.time.Year;
import java.time.YearMonth;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Currency;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Tells which objects can be handed to several pieces of user code, because none of them can change what the others
 * see.
 *
 * <p>Strict: true only for values of the JDK that are known, for what {@code List.of}, {@code List.copyOf} and their
 * like have made, and for objects all of whose fields are final and hold nothing but that. Whatever is uncertain counts
 * as mutable: that costs one more decoding, while the opposite mistake would cost a wrong decision.
 */
final class ImmutableValues {
    /** Deeper objects are called mutable. */
    private static final int MAX_DEPTH = 32;

    private static final Set<Class<?>> PLAIN = Set.of(
            String.class,
            Boolean.class,
            Character.class,
            Byte.class,
            Short.class,
            Integer.class,
            Long.class,
            Float.class,
            Double.class,
            BigInteger.class,
            BigDecimal.class,
            OptionalInt.class,
            OptionalLong.class,
            OptionalDouble.class,
            UUID.class,
            URI.class,
            Currency.class,
            Locale.class,
            Duration.class,
            Instant.class,
            LocalDate.class,
            LocalDateTime.class,
            LocalTime.class,
            MonthDay.class,
            OffsetDateTime.class,
            OffsetTime.class,
            Period.class,
            Year.class,
            YearMonth.class,
            ZonedDateTime.class,
            ZoneOffset.class,
            ZoneId.of("UTC").getClass());

    /** The classes of {@code List.of(..)} and the like, which the JDK keeps to itself. */
    private static final Set<Class<?>> UNMODIFIABLE = Set.copyOf(List.of(
            List.of().getClass(),
            List.of(1).getClass(),
            Set.of().getClass(),
            Set.of(1).getClass(),
            Map.of().getClass(),
            Map.of(1, 1).getClass()));

    private static final ClassValue<Shape> SHAPES = new ClassValue<>() {
        @Override
        protected Shape computeValue(Class<?> type) {
            return Shape.of(type);
        }
    };

    private ImmutableValues() {}

    /** Whether nothing that can be reached from a value can ever change. */
    static boolean isImmutable(Object value) {
        return isImmutable(value, 0);
    }

    private static boolean isImmutable(@Nullable Object value, int depth) {
        if (value == null) {
            return true;
        }
        Shape shape = SHAPES.get(value.getClass());
        if (shape.fixed) {
            return shape.open.isEmpty() || (depth < MAX_DEPTH && shape.isImmutable(value, depth));
        }
        if (depth == MAX_DEPTH) {
            return false;
        }
        if (value instanceof Optional<?> optional) {
            return isImmutable(optional.orElse(null), depth + 1);
        }
        if (UNMODIFIABLE.contains(value.getClass())) {
            return value instanceof Map<?, ?> map
                    ? areImmutable(map.keySet(), depth) && areImmutable(map.values(), depth)
                    : areImmutable((Collection<?>) value, depth);
        }
        return false;
    }

    private static boolean areImmutable(Collection<?> values, int depth) {
        for (Object value : values) {
            if (!isImmutable(value, depth + 1)) {
                return false;
            }
        }
        return true;
    }

    /**
     * What is known of all objects of a class.
     *
     * @param fixed whether their fields cannot be set
     * @param open the fields whose values have to be looked at
     */
    private record Shape(boolean fixed, List<Field> open) {
        private static final Shape PLAIN_VALUE = new Shape(true, List.of());
        private static final Shape MUTABLE = new Shape(false, List.of());

        static Shape of(Class<?> type) {
            if (PLAIN.contains(type) || Enum.class.isAssignableFrom(type)) {
                return PLAIN_VALUE;
            }
            if (type.isArray() || type.getName().startsWith("java.")) {
                return MUTABLE;
            }
            List<Field> open = new ArrayList<>();
            int fields = 0;
            try {
                for (Class<?> level = type; level != null && level != Object.class; level = level.getSuperclass()) {
                    if (level.getName().startsWith("java.") && level != Record.class) {
                        return MUTABLE;
                    }
                    for (Field field : level.getDeclaredFields()) {
                        if (Modifier.isStatic(field.getModifiers())) {
                            continue;
                        }
                        if (!Modifier.isFinal(field.getModifiers())) {
                            return MUTABLE;
                        }
                        fields++;
                        if (!isPlain(field.getType())) {
                            field.setAccessible(true);
                            open.add(field);
                        }
                    }
                }
                // Without metadata on its fields, as in a native image, nothing can be said of a class.
                boolean complete = type.isRecord() ? fields == type.getRecordComponents().length : fields > 0;
                return complete ? new Shape(true, List.copyOf(open)) : MUTABLE;
            } catch (InaccessibleObjectException | LinkageError | UnsupportedOperationException cannotBeTold) {
                return MUTABLE;
            }
        }

        /** Whether a field of this type holds nothing but what is immutable. */
        private static boolean isPlain(Class<?> type) {
            return isOneValue(type)
                    || (type.isRecord()
                            && Arrays.stream(type.getRecordComponents()).allMatch(each -> isOneValue(each.getType()))
                            && of(type).fixed);
        }

        private static boolean isOneValue(Class<?> type) {
            return type.isPrimitive()
                    || type.isEnum()
                    || (PLAIN.contains(type) && Modifier.isFinal(type.getModifiers()));
        }

        boolean isImmutable(Object value, int depth) {
            try {
                for (int i = 0; i < open.size(); i++) {
                    if (!ImmutableValues.isImmutable(open.get(i).get(value), depth + 1)) {
                        return false;
                    }
                }
                return true;
            } catch (IllegalAccessException e) {
                throw new IllegalStateException("A field that was made accessible is not", e);
            }
        }
    }
}
