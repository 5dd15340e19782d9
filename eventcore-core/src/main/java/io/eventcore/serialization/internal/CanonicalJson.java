package io.eventcore.serialization.internal;

import io.eventcore.internal.RedactedException;
import io.eventcore.serialization.EventCoreJacksonModule;
import java.lang.reflect.Field;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
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
import tools.jackson.databind.ser.BeanPropertyWriter;
import tools.jackson.databind.ser.ValueSerializerModifier;
import tools.jackson.databind.ser.bean.BeanSerializerBase;
import tools.jackson.databind.type.CollectionType;
import tools.jackson.databind.util.TokenBuffer;

/**
 * A JSON form in which equal values have equal texts, in every process, and different values have different ones.
 *
 * <p>Properties, maps and sets are sorted, since none of them has an order that could be relied on. A class with a field
 * that its JSON does not show is refused, and a value that could stand in the place of another class's names its class.
 * Safe for any number of threads.
 */
public final class CanonicalJson {
    private final JsonMapper mapper;
    private final JsonMapper former;

    /** Writes values as a mapper does, but in the canonical order. */
    public CanonicalJson(JsonMapper mapper) {
        this.mapper = canonical(mapper, new Complete());
        this.former = canonical(mapper, new Canonical());
    }

    private static JsonMapper canonical(JsonMapper mapper, ValueSerializerModifier modifier) {
        SimpleModule module = new SimpleModule("eventcore-canonical");
        module.setSerializerModifier(modifier);
        return mapper.rebuild()
                .addModule(new EventCoreJacksonModule())
                .addModule(module)
                .enable(MapperFeature.SORT_PROPERTIES_ALPHABETICALLY)
                .enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS)
                .enable(SerializationFeature.FAIL_ON_EMPTY_BEANS)
                .build();
    }

    /**
     * A hash (SHA-256, in hexadecimal digits) of the class of a value and its canonical form.
     *
     * @throws IllegalArgumentException if the value has no JSON form, or its JSON does not show one of its fields; the
     *     message names the class and the field
     */
    public String hash(Object value) {
        return hash(mapper, value.getClass().getName(), value);
    }

    /**
     * The hash that earlier versions stored: of the simple name of the class and what its JSON shows.
     *
     * @throws IllegalArgumentException if the value has no JSON form
     */
    public String formerHash(Object value) {
        return hash(former, value.getClass().getSimpleName(), value);
    }

    private static String hash(JsonMapper mapper, String name, Object value) {
        byte[] json;
        try {
            json = mapper.writeValueAsBytes(value);
        } catch (JacksonException | HiddenFieldException e) {
            HiddenFieldException hidden = HiddenFieldException.among(e);
            if (hidden != null) {
                throw new IllegalArgumentException(value.getClass().getName()
                        + " cannot be told from other commands by its JSON: " + hidden.getMessage());
            }
            throw new IllegalArgumentException(
                    value.getClass().getName() + " has no JSON form to be recognised by",
                    RedactedException.of(e, pathOf(e)));
        }
        MessageDigest digest = sha256();
        digest.update(name.getBytes(StandardCharsets.UTF_8));
        digest.update((byte) 0);
        return HexFormat.of().formatHex(digest.digest(json));
    }

    private static String pathOf(RuntimeException e) {
        return e instanceof JacksonException jackson ? jackson.getPathReference() : "";
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

    private static class Canonical extends ValueSerializerModifier {
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

    /** Lets no two values of different classes, or with different fields, look the same. */
    private static final class Complete extends Canonical {
        private static final long serialVersionUID = 1L;

        @Override
        public List<BeanPropertyWriter> changeProperties(
                SerializationConfig config, BeanDescription.Supplier description, List<BeanPropertyWriter> properties) {
            // Of a class that shows nothing, the name of the class does not make a JSON form.
            if (properties.isEmpty() || !ClassName.isNeeded(description.getBeanClass())) {
                return properties;
            }
            List<BeanPropertyWriter> withClass = new ArrayList<>(properties);
            withClass.add(ClassName.of(config, description.get()));
            return withClass;
        }

        @Override
        public ValueSerializer<?> modifySerializer(
                SerializationConfig config, BeanDescription.Supplier description, ValueSerializer<?> serializer) {
            if (serializer instanceof BeanSerializerBase) {
                Optional<Field> hidden = HiddenFields.first(config, description.get(), serializer.properties());
                if (hidden.isPresent()) {
                    return new Hiding(hidden.get());
                }
            }
            return super.modifySerializer(config, description, serializer);
        }
    }

    /** Refuses a value of which the JSON would show only a part. */
    private static final class Hiding extends ValueSerializer<Object> {
        private final Field field;

        private Hiding(Field field) {
            this.field = field;
        }

        @Override
        public void serialize(Object value, JsonGenerator generator, SerializationContext context) {
            throw new HiddenFieldException(field);
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
