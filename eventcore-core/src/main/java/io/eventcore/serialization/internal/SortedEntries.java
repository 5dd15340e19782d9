package io.eventcore.serialization.internal;

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
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.Currency;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Function;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonToken;
import tools.jackson.databind.BeanProperty;
import tools.jackson.databind.JavaType;
import tools.jackson.databind.SerializationContext;
import tools.jackson.databind.ValueSerializer;
import tools.jackson.databind.jsontype.TypeSerializer;

/**
 * Writes the entries of a map in one order: those with keys that their texts tell apart as the properties of an object,
 * all others as texts of JSON, sorted.
 *
 * @param <M> what is written
 */
final class SortedEntries<M> extends ValueSerializer<M> {
    /** Begins the names of properties that are ours. A key of a map that begins so has it twice. */
    static final String MARK = "@";

    /** Classes without subclasses whose texts as keys are equal if and only if the keys are. */
    private static final Set<Class<?>> TELLING_KEYS = Set.of(
            String.class,
            Boolean.class,
            Byte.class,
            Short.class,
            Integer.class,
            Long.class,
            Float.class,
            Double.class,
            Character.class,
            UUID.class,
            URI.class,
            Currency.class,
            Locale.class,
            Duration.class,
            Period.class,
            Instant.class,
            LocalDate.class,
            LocalDateTime.class,
            LocalTime.class,
            MonthDay.class,
            OffsetDateTime.class,
            OffsetTime.class,
            Year.class,
            YearMonth.class,
            ZoneOffset.class,
            ZonedDateTime.class);

    private final JavaType key;
    private final Position value;
    private final Function<M, Map<?, ?>> entries;
    private final Set<String> ignored;

    private SortedEntries(JavaType key, Position value, Function<M, Map<?, ?>> entries, Set<String> ignored) {
        this.key = key;
        this.value = value;
        this.entries = entries;
        this.ignored = ignored;
    }

    static SortedEntries<Map<?, ?>> ofMap(JavaType type) {
        return new SortedEntries<>(type.getKeyType(), new Position(type.getContentType(), null), map -> map, Set.of());
    }

    static SortedEntries<Map.Entry<?, ?>> ofEntry(JavaType type) {
        return new SortedEntries<>(
                type.containedTypeOrUnknown(0),
                new Position(type.containedTypeOrUnknown(1), null),
                entry -> Collections.singletonMap(entry.getKey(), entry.getValue()),
                Set.of());
    }

    /** {@code @JsonIgnoreProperties} on a property leaves entries out. */
    @Override
    public ValueSerializer<?> createContextual(SerializationContext context, BeanProperty property) {
        if (property == null || property.getMember() == null) {
            return this;
        }
        Set<String> names = context.getAnnotationIntrospector()
                .findPropertyIgnoralByName(context.getConfig(), property.getMember())
                .findIgnoredForSerialization();
        return new SortedEntries<>(key, new Position(value.declared(), property), entries, names);
    }

    @Override
    public void serialize(M map, JsonGenerator generator, SerializationContext context) {
        generator.writeStartObject();
        writeEntries(entries.apply(map), generator, context);
        generator.writeEndObject();
    }

    @Override
    public void serializeWithType(M map, JsonGenerator generator, SerializationContext context, TypeSerializer types) {
        var id = types.writeTypePrefix(generator, context, types.typeId(map, JsonToken.START_OBJECT));
        writeEntries(entries.apply(map), generator, context);
        types.writeTypeSuffix(generator, context, id);
    }

    private void writeEntries(Map<?, ?> map, JsonGenerator generator, SerializationContext context) {
        HiddenFields.refuseBeside(map, context);
        if (areTold(map.keySet(), context)) {
            Map<Object, Object> sorted = new TreeMap<>(order(context));
            sorted.putAll(map);
            sorted.forEach((name, content) -> {
                String text = textOf(name, context);
                if (!ignored.contains(text)) {
                    generator.writeName(text.startsWith(MARK) ? MARK + text : text);
                    value.write(content, generator, context);
                }
            });
            return;
        }
        // A list: entries that are not equal may look alike.
        List<String> sorted = new ArrayList<>();
        map.forEach((name, content) -> sorted.add(JsonText.of(context, buffer -> {
            buffer.writeStartArray();
            new Position(key, null).write(name, buffer, context);
            value.write(content, buffer, context);
            buffer.writeEndArray();
        })));
        Collections.sort(sorted);
        generator.writeName(MARK + "entries");
        generator.writeStartArray();
        sorted.forEach(generator::writeString);
        generator.writeEndArray();
    }

    private boolean areTold(Set<?> keys, SerializationContext context) {
        Class<?> declared = key.getRawClass();
        if (declared.isEnum()) {
            return keys.stream().noneMatch(Objects::isNull)
                    && EnumConstants.areToldApart(declared, each -> textOf(each, context));
        }
        Class<?> only = TELLING_KEYS.contains(declared) || LibraryTypes.isOurs(declared) ? declared : String.class;
        return keys.stream().allMatch(only::isInstance);
    }

    /** The order of the keys themselves, in which earlier versions wrote them, or else that of their texts. */
    @SuppressWarnings("unchecked") // Of one class, which can be compared to itself.
    private Comparator<Object> order(SerializationContext context) {
        return (one, other) -> one instanceof Comparable<?> comparable
                ? ((Comparable<Object>) comparable).compareTo(other)
                : textOf(one, context).compareTo(textOf(other, context));
    }

    private static String textOf(Object key, SerializationContext context) {
        if (key instanceof String text) {
            return text;
        }
        ValueSerializer<Object> serializer = context.findKeySerializer(context.constructType(key.getClass()), null);
        return JsonText.ofName(context, buffer -> serializer.serialize(key, buffer, context));
    }
}
