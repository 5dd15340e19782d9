package io.eventcore.serialization.internal;

import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.net.InetAddress;
import java.nio.charset.Charset;
import java.nio.file.Path;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.TimeZone;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonToken;
import tools.jackson.core.type.WritableTypeId;
import tools.jackson.databind.BeanProperty;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.SerializationContext;
import tools.jackson.databind.jsontype.TypeIdResolver;
import tools.jackson.databind.jsontype.TypeSerializer;

/**
 * Writes the class of a value beside it, as <code>{"@class": .., "@value": ..}</code>, unless the position allows only one
 * class or the JSON tells which one it is.
 *
 * <p>JSON tells texts, booleans, ints, doubles, lists and maps from one another, and beans that name their class
 * themselves ({@link ClassName}). No map has a key that begins with one {@code @} only ({@link SortedEntries}).
 */
final class ClassBeside extends TypeSerializer {
    /** What has several classes in the JDK or in Jackson, and one JSON for all of them. */
    private static final List<Class<?>> KINDS = List.of(
            ZoneId.class,
            TimeZone.class,
            Path.class,
            Charset.class,
            InetAddress.class,
            JsonNode.class,
            Map.Entry.class,
            Set.class,
            Queue.class);

    private final Class<?> declared;
    private final @Nullable TypeSerializer named;

    /**
     * @param declared the type of the position
     * @param named writes the name that an annotation gives to the class
     */
    ClassBeside(Class<?> declared, @Nullable TypeSerializer named) {
        this.declared = declared;
        this.named = named;
    }

    @Override
    public WritableTypeId writeTypePrefix(JsonGenerator generator, SerializationContext context, WritableTypeId id) {
        if (isMarked(id)) {
            generator.writeStartObject();
            generator.writeStringProperty(
                    SortedEntries.MARK + "class", kindOf(id.forValue).getName());
            generator.writeName(SortedEntries.MARK + "value");
        }
        if (named != null) {
            return named.writeTypePrefix(generator, context, id);
        }
        if (id.valueShape == JsonToken.START_OBJECT) {
            generator.writeStartObject(id.forValue);
        } else if (id.valueShape == JsonToken.START_ARRAY) {
            generator.writeStartArray(id.forValue);
        }
        return id;
    }

    @Override
    public WritableTypeId writeTypeSuffix(JsonGenerator generator, SerializationContext context, WritableTypeId id) {
        if (named != null) {
            named.writeTypeSuffix(generator, context, id);
        } else if (id.valueShape == JsonToken.START_OBJECT) {
            generator.writeEndObject();
        } else if (id.valueShape == JsonToken.START_ARRAY) {
            generator.writeEndArray();
        }
        if (isMarked(id)) {
            generator.writeEndObject();
        }
        return id;
    }

    private boolean isMarked(WritableTypeId id) {
        Class<?> kind = kindOf(id.forValue);
        if (kind.isAssignableFrom(declared)) {
            return false;
        }
        if (kind.isArray()) {
            return !declared.isArray();
        }
        if (LibraryTypes.contain(kind)) {
            return !List.class.isAssignableFrom(kind) && !Map.class.isAssignableFrom(kind);
        }
        boolean namesItself = id.valueShape == JsonToken.START_OBJECT && ClassName.isNeeded(kind);
        return !namesItself || Map.class.isAssignableFrom(kind);
    }

    /** The class, or the type of which it is one of several implementations that are equal. */
    private static Class<?> kindOf(Object value) {
        if (value instanceof Enum<?> constant) {
            return constant.getDeclaringClass();
        }
        Class<?> type = value.getClass();
        if (!LibraryTypes.contain(type) || List.class.isAssignableFrom(type)) {
            return type;
        }
        return KINDS.stream()
                .filter(kind -> kind.isAssignableFrom(type))
                .findFirst()
                .orElse(type);
    }

    @Override
    public TypeSerializer forProperty(SerializationContext context, BeanProperty property) {
        return named == null ? this : new ClassBeside(declared, named.forProperty(context, property));
    }

    @Override
    public JsonTypeInfo.As getTypeInclusion() {
        return named == null ? JsonTypeInfo.As.WRAPPER_OBJECT : named.getTypeInclusion();
    }

    @Override
    public @Nullable String getPropertyName() {
        return named == null ? null : named.getPropertyName();
    }

    @Override
    public @Nullable TypeIdResolver getTypeIdResolver() {
        return named == null ? null : named.getTypeIdResolver();
    }
}
