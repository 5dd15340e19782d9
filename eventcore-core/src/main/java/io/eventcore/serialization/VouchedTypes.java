package io.eventcore.serialization;

import com.fasterxml.jackson.annotation.JacksonAnnotation;
import com.fasterxml.jackson.annotation.JacksonAnnotationsInside;
import com.fasterxml.jackson.annotation.JsonAlias;
import com.fasterxml.jackson.annotation.JsonAutoDetect;
import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonGetter;
import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.annotation.JsonTypeName;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import com.fasterxml.jackson.annotation.JsonValue;
import io.eventcore.GlobalPosition;
import io.eventcore.StreamId;
import io.eventcore.StreamPattern;
import io.eventcore.StreamPrefix;
import io.eventcore.StreamVersion;
import java.lang.annotation.Annotation;
import java.lang.reflect.AnnotatedElement;
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
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.UUID;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JavaType;
import tools.jackson.databind.SerializationConfig;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.util.ClassUtil;

/**
 * Types of which it is known that every value survives its JSON form if one does. {@code VouchedTypesTest} holds it to
 * that. Immutable.
 */
final class VouchedTypes {
    static final Set<Class<?>> LEAVES = Set.of(
            boolean.class,
            byte.class,
            short.class,
            int.class,
            long.class,
            float.class,
            double.class,
            char.class,
            Boolean.class,
            Byte.class,
            Short.class,
            Integer.class,
            Long.class,
            Float.class,
            Double.class,
            Character.class,
            String.class,
            BigDecimal.class,
            BigInteger.class,
            UUID.class,
            Currency.class,
            Instant.class,
            LocalDate.class,
            LocalTime.class,
            LocalDateTime.class,
            OffsetDateTime.class,
            OffsetTime.class,
            Year.class,
            YearMonth.class,
            Duration.class,
            Period.class,
            ZoneOffset.class,
            OptionalInt.class,
            OptionalLong.class,
            OptionalDouble.class,
            StreamId.class,
            StreamPrefix.class,
            StreamPattern.class,
            StreamVersion.class,
            GlobalPosition.class);

    static final Set<Class<?>> KEYS =
            Set.of(String.class, Integer.class, Long.class, UUID.class, LocalDate.class, StreamId.class);

    /** Annotations that say how a value is found or made, not what is written of it. */
    private static final Set<Class<? extends Annotation>> HARMLESS = Set.of(
            JsonAlias.class,
            JsonAutoDetect.class,
            JsonCreator.class,
            JsonGetter.class,
            JsonIgnore.class,
            JsonProperty.class,
            JsonPropertyOrder.class,
            JsonSetter.class,
            JsonSubTypes.class,
            JsonTypeInfo.class,
            JsonTypeName.class,
            JsonUnwrapped.class,
            JsonValue.class);

    private final JsonMapper mapper;

    /** Whether the mapper writes values as the mapper of the store does. */
    private final boolean asUsual;

    VouchedTypes(JsonMapper mapper) {
        this.mapper = mapper;
        SerializationConfig config = mapper.serializationConfig();
        SerializationConfig usual = EventJson.builder().build().serializationConfig();
        this.asUsual = config.getSerializationFeatures() == usual.getSerializationFeatures()
                && config.getDefaultPropertyInclusion().equals(usual.getDefaultPropertyInclusion())
                && config.getDefaultFormat().equals(usual.getDefaultFormat())
                && config.getDateFormat().getClass() == usual.getDateFormat().getClass()
                && Set.of(tools.jackson.databind.cfg.DateTimeFeature.values()).stream()
                        .allMatch(feature -> config.isEnabled(feature) == usual.isEnabled(feature));
    }

    /** Whether a value of this type survives if another one did. */
    boolean isLeaf(JavaType type) {
        Class<?> raw = type.getRawClass();
        if (raw.isEnum()) {
            return isWrittenAsUsual(type) && everyConstantSurvives(type);
        }
        return LEAVES.contains(raw) && isWrittenAsUsual(type);
    }

    boolean isKey(JavaType type) {
        return KEYS.contains(type.getRawClass()) && asUsual && isWrittenAsUsual(type);
    }

    /** Whether nothing of the application writes or reads values of this type, or changes how it is done. */
    boolean isWrittenAsUsual(JavaType type) {
        Class<?> raw = type.getRawClass();
        boolean ours = raw.getName().startsWith("io.eventcore.") && LEAVES.contains(raw);
        return asUsual
                && (ours || mapper.serializationConfig().findMixInClassFor(raw) == null)
                && isHarmless(raw)
                && isOfJackson(mapper._serializationContext().findValueSerializer(type))
                && isOfJackson(mapper._deserializationContext().findNonContextualValueDeserializer(type));
    }

    private static boolean isOfJackson(Object handler) {
        return ClassUtil.isJacksonStdImpl(handler)
                || handler.getClass().getName().startsWith("tools.jackson.");
    }

    /** Whether no annotation changes what is written. */
    static boolean isHarmless(AnnotatedElement element) {
        for (Annotation annotation : element.getAnnotations()) {
            Class<? extends Annotation> type = annotation.annotationType();
            boolean ofJackson = type.isAnnotationPresent(JacksonAnnotation.class)
                    || type.isAnnotationPresent(JacksonAnnotationsInside.class)
                    || type.getName().startsWith("tools.jackson.");
            if (ofJackson && !HARMLESS.contains(type)) {
                return false;
            }
        }
        return true;
    }

    private boolean everyConstantSurvives(JavaType type) {
        try {
            for (Object constant : type.getRawClass().getEnumConstants()) {
                byte[] json = mapper.writerFor(type).writeValueAsBytes(constant);
                if (mapper.readerFor(type).readValue(json) != constant) {
                    return false;
                }
            }
            return true;
        } catch (JacksonException e) {
            return false;
        }
    }
}
