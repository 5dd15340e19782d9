package io.eventcore.serialization.internal;

import io.eventcore.internal.JsonPaths;
import io.eventcore.internal.MapperOnDemand;
import io.eventcore.internal.RedactedException;
import io.eventcore.serialization.EventCoreJacksonModule;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.cfg.DateTimeFeature;
import tools.jackson.databind.cfg.JsonNodeFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.module.SimpleModule;
import tools.jackson.databind.ser.ValueSerializerModifier;
import tools.jackson.databind.util.StdDateFormat;

/**
 * A JSON form in which equal values have equal texts, in every process, and different values have different ones.
 *
 * <p>Properties, maps and sets are sorted, since none of them has an order that could be relied on. A value names its
 * class where a value of another class could stand. What would make two values look the same is not followed
 * ({@link PlainAnnotations}), and a class with a field that its JSON does not show is refused. Safe for any number of
 * threads.
 */
public final class CanonicalJson {
    private final MapperOnDemand mapper;
    private final MapperOnDemand former;

    /** Writes values as a mapper does, but in the canonical form. */
    public CanonicalJson(JsonMapper mapper) {
        this.mapper = new MapperOnDemand(
                () -> telling(sorting(mapper, new TellingSerializers())).build());
        this.former = new MapperOnDemand(
                () -> sorting(mapper, new SortingSerializers()).build());
    }

    private static JsonMapper.Builder sorting(JsonMapper mapper, ValueSerializerModifier modifier) {
        SimpleModule module = new SimpleModule("eventcore-canonical");
        module.setSerializerModifier(modifier);
        return mapper.rebuild()
                .addModule(new EventCoreJacksonModule())
                .addModule(module)
                .enable(MapperFeature.SORT_PROPERTIES_ALPHABETICALLY)
                .enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS)
                .enable(SerializationFeature.FAIL_ON_EMPTY_BEANS);
    }

    private static JsonMapper.Builder telling(JsonMapper.Builder builder) {
        return builder.annotationIntrospector(new PlainAnnotations(builder.annotationIntrospector()))
                .setDefaultTyping(new OpenPositions())
                .changeDefaultPropertyInclusion(PlainAnnotations::withoutNullsAtMost)
                .defaultDateFormat(new StdDateFormat())
                .disable(MapperFeature.USE_STATIC_TYPING)
                .disable(
                        SerializationFeature.WRITE_SINGLE_ELEM_ARRAYS_UNWRAPPED,
                        SerializationFeature.WRITE_SELF_REFERENCES_AS_NULL)
                .enable(DateTimeFeature.WRITE_DATES_WITH_ZONE_ID, DateTimeFeature.WRITE_DATE_TIMESTAMPS_AS_NANOSECONDS)
                .enable(JsonNodeFeature.WRITE_PROPERTIES_SORTED, JsonNodeFeature.WRITE_NULL_PROPERTIES);
    }

    /**
     * A hash (SHA-256, in hexadecimal digits) of the class of a value and its canonical form.
     *
     * @throws IllegalArgumentException if the value has no JSON form, or its JSON does not show one of its fields; the
     *     message names the class and the field
     */
    public String hash(Object value) {
        Class<?> type = value.getClass();
        // A class without a package has the simple name of others, under which earlier versions stored these.
        return hash(mapper.get(), type.getPackageName().isEmpty() ? "." + type.getName() : type.getName(), value);
    }

    /**
     * The hash that the first versions stored: of the simple name of the class and what its JSON shows.
     *
     * @throws IllegalArgumentException if the value has no JSON form
     */
    public String formerHash(Object value) {
        return hash(former.get(), value.getClass().getSimpleName(), value);
    }

    private static String hash(JsonMapper mapper, String name, Object value) {
        byte[] json;
        try {
            json = mapper.writeValueAsBytes(value);
        } catch (JacksonException | HiddenFieldException e) {
            HiddenFieldException hidden = HiddenFieldException.among(e);
            if (hidden != null) {
                throw new IllegalArgumentException(value.getClass().getName()
                        + " cannot be distinguished from other commands by its JSON: " + hidden.getMessage());
            }
            throw new IllegalArgumentException(
                    value.getClass().getName() + " has no JSON form by which it could be recognised",
                    RedactedException.of(e, pathOf(e)));
        }
        MessageDigest digest = sha256();
        digest.update(name.getBytes(StandardCharsets.UTF_8));
        digest.update((byte) 0);
        return HexFormat.of().formatHex(digest.digest(json));
    }

    private static String pathOf(RuntimeException e) {
        return e instanceof JacksonException jackson ? JsonPaths.of(jackson) : "";
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
}
