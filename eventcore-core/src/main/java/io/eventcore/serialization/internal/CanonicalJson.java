package io.eventcore.serialization.internal;

import io.eventcore.internal.RedactedException;
import io.eventcore.serialization.EventCoreJacksonModule;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Set;
import java.util.TreeSet;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonGenerator;
import tools.jackson.databind.BeanDescription;
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.SerializationConfig;
import tools.jackson.databind.SerializationContext;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.ValueSerializer;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.module.SimpleModule;
import tools.jackson.databind.ser.ValueSerializerModifier;
import tools.jackson.databind.ser.bean.BeanSerializerBase;
import tools.jackson.databind.type.CollectionType;
import tools.jackson.databind.util.TokenBuffer;

/**
 * A JSON form in which equal values have equal texts, in every process: properties, maps and sets are sorted, since none
 * of them has an order that could be relied on. Safe for any number of threads.
 */
public final class CanonicalJson {
    private final JsonMapper mapper;

    /** Writes values as a mapper does, but in the canonical order. */
    public CanonicalJson(JsonMapper mapper) {
        SimpleModule sets = new SimpleModule("eventcore-canonical");
        sets.setSerializerModifier(new Canonical());
        this.mapper = mapper.rebuild()
                .addModule(new EventCoreJacksonModule())
                .addModule(sets)
                .enable(MapperFeature.SORT_PROPERTIES_ALPHABETICALLY)
                .enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS)
                .enable(SerializationFeature.FAIL_ON_EMPTY_BEANS)
                .build();
    }

    /**
     * A hash (SHA-256, in hexadecimal digits) of a name and the canonical form of a value.
     *
     * @throws IllegalArgumentException if the value has no JSON form
     */
    public String hash(String name, Object value) {
        byte[] json;
        try {
            json = mapper.writeValueAsBytes(value);
        } catch (JacksonException e) {
            throw new IllegalArgumentException(
                    value.getClass().getName() + " has no JSON form to be recognised by",
                    RedactedException.of(e, e.getPathReference()));
        }
        MessageDigest digest = sha256();
        digest.update(name.getBytes(StandardCharsets.UTF_8));
        digest.update((byte) 0);
        return HexFormat.of().formatHex(digest.digest(json));
    }

    /** SHA-256 of a text, in hexadecimal digits. */
    public static String hash(String text) {
        return HexFormat.of().formatHex(sha256().digest(text.getBytes(StandardCharsets.UTF_8)));
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java platform has SHA-256", e);
        }
    }

    private static final class Canonical extends ValueSerializerModifier {
        private static final long serialVersionUID = 1L;

        @Override
        public ValueSerializer<?> modifyCollectionSerializer(
                SerializationConfig config,
                CollectionType type,
                BeanDescription.Supplier description,
                ValueSerializer<?> serializer) {
            return Set.class.isAssignableFrom(type.getRawClass()) ? new SortedSet() : serializer;
        }

        /** Jackson lets a class without properties pass if it is annotated, as a functional interface may be. */
        @Override
        public ValueSerializer<?> modifySerializer(
                SerializationConfig config, BeanDescription.Supplier description, ValueSerializer<?> serializer) {
            boolean says = !(serializer instanceof BeanSerializerBase)
                    || serializer.properties().hasNext();
            return says ? serializer : new Unspeakable();
        }
    }

    /** Refuses what has no properties: all such values would look the same. */
    private static final class Unspeakable extends ValueSerializer<Object> {
        @Override
        public void serialize(Object value, JsonGenerator generator, SerializationContext context) {
            context.reportBadDefinition(value.getClass(), "it has no properties");
        }
    }

    /** Writes the elements as texts of JSON, sorted. Only to be hashed, so it need not be readable. */
    private static final class SortedSet extends ValueSerializer<Set<?>> {
        private static final JsonMapper TREES = JsonMapper.shared();

        @Override
        public void serialize(Set<?> set, JsonGenerator generator, SerializationContext context) {
            TreeSet<String> sorted = new TreeSet<>();
            for (Object element : set) {
                sorted.add(textOf(element, context));
            }
            generator.writeStartArray();
            sorted.forEach(generator::writeString);
            generator.writeEndArray();
        }

        private static String textOf(Object element, SerializationContext context) {
            try (TokenBuffer buffer = context.bufferForValueConversion()) {
                context.writeValue(buffer, element);
                return TREES.readTree(buffer.asParser()).toString();
            }
        }
    }
}
