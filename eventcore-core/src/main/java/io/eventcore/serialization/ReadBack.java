package io.eventcore.serialization;

import io.eventcore.Event;
import io.eventcore.internal.RedactedException;
import java.lang.reflect.Field;
import java.lang.reflect.InaccessibleObjectException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectReader;
import tools.jackson.databind.ObjectWriter;
import tools.jackson.databind.json.JsonMapper;

/** Compares an event with what its JSON gives back, component by component, whatever the classes say of equality. */
final class ReadBack {
    private static final JsonMapper TREES = EventJson.builder()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .build();

    /** Two values are compared once: what JSON leaves out may refer back to the event. */
    private final IdentityHashMap<Object, Object> compared = new IdentityHashMap<>();

    private ReadBack() {}

    /**
     * Checks that an event comes back as it is.
     *
     * @param json what it was written as
     * @param reader reads its class
     * @param writer writes it
     * @throws IllegalStateException if it cannot be read, or comes back different; names class and component
     */
    static void check(Event event, byte[] json, ObjectReader reader, ObjectWriter writer) {
        String type = event.getClass().getName();
        Object back;
        try {
            back = reader.readValue(json);
        } catch (JacksonException e) {
            String place = e.getPathReference();
            throw new IllegalStateException(
                    "%s can be written as JSON, but not be read back%s"
                            .formatted(type, place.isEmpty() ? "" : ": see " + place),
                    RedactedException.of(e, place));
        }
        String different = back == null ? "the event" : new ReadBack().difference("", event, back);
        if (different != null
                && !(back != null && event.equals(back) && sameJson(json, writer.writeValueAsBytes(back)))) {
            throw new IllegalStateException("%s would come back different: %s does not survive its JSON form"
                    .formatted(type, different.isEmpty() ? "the event" : "component '" + different + "'"));
        }
    }

    /** What is in the JSON is the same, apart from the order of what may be a set. */
    private static boolean sameJson(byte[] before, byte[] after) {
        return canonical(TREES.readTree(before)).equals(canonical(TREES.readTree(after)));
    }

    private static String canonical(JsonNode node) {
        if (node.isArray()) {
            List<String> elements = new ArrayList<>();
            node.forEach(element -> elements.add(canonical(element)));
            elements.sort(null);
            return elements.toString();
        }
        if (node.isObject()) {
            Map<String, String> properties = new TreeMap<>();
            node.properties().forEach(property -> properties.put(property.getKey(), canonical(property.getValue())));
            return properties.toString();
        }
        return node.toString();
    }

    /** The path to the first component that differs, empty for the value itself; null if there is none. */
    private @Nullable String difference(String path, @Nullable Object value, @Nullable Object back) {
        if (value == back) {
            return value instanceof Class<?> ? path : null;
        }
        if (value == null || back == null) {
            return path;
        }
        if (value instanceof Optional<?> optional) {
            return back instanceof Optional<?> other
                    ? difference(path, optional.orElse(null), other.orElse(null))
                    : path;
        }
        if (value instanceof Map<?, ?> map) {
            return back instanceof Map<?, ?> other ? ofMaps(path, map, other) : path;
        }
        if (value instanceof Collection<?> collection) {
            return back instanceof Collection<?> other ? ofCollections(path, collection, other) : path;
        }
        if (value instanceof Map.Entry<?, ?> entry) {
            return back instanceof Map.Entry<?, ?> other
                    ? first(
                            difference(path, entry.getKey(), other.getKey()),
                            difference(path, entry.getValue(), other.getValue()))
                    : path;
        }
        if (value instanceof JsonNode json) {
            return back instanceof JsonNode && json.toString().equals(back.toString()) ? null : path;
        }
        if (value.getClass() != back.getClass()) {
            return path;
        }
        if (value.getClass().isArray()) {
            return ofArrays(path, value, back);
        }
        if (isOfThePlatform(value.getClass())) {
            return ofThePlatform(path, value, back);
        }
        return ofFields(path, value, back);
    }

    private static @Nullable String first(@Nullable String one, @Nullable String other) {
        return one == null ? other : one;
    }

    private @Nullable String ofMaps(String path, Map<?, ?> map, Map<?, ?> back) {
        if (map.size() != back.size()) {
            return path;
        }
        Map<@Nullable Object, Map.Entry<?, ?>> found = new HashMap<>();
        back.entrySet().forEach(entry -> found.put(entry.getKey(), entry));
        for (Map.Entry<?, ?> entry : map.entrySet()) {
            Map.Entry<?, ?> other = found.get(entry.getKey());
            if (other == null) {
                return path;
            }
            String different = first(
                    difference(path, entry.getKey(), other.getKey()),
                    difference(path, entry.getValue(), other.getValue()));
            if (different != null) {
                return different;
            }
        }
        return null;
    }

    private @Nullable String ofCollections(String path, Collection<?> collection, Collection<?> back) {
        if (collection.size() != back.size() || collection instanceof Set<?> != back instanceof Set<?>) {
            return path;
        }
        if (collection instanceof List<?> && !(back instanceof List<?>)) {
            return path;
        }
        if (collection instanceof Set<?>) {
            Map<@Nullable Object, @Nullable Object> found = new HashMap<>();
            back.forEach(element -> found.put(element, element));
            for (Object element : collection) {
                String different = found.containsKey(element) ? difference(path, element, found.get(element)) : path;
                if (different != null) {
                    return different;
                }
            }
            return null;
        }
        Iterator<?> others = back.iterator();
        int index = 0;
        for (Object element : collection) {
            String different = difference(path + "[" + index++ + "]", element, others.next());
            if (different != null) {
                return different;
            }
        }
        return null;
    }

    private @Nullable String ofArrays(String path, Object array, Object back) {
        return array instanceof Object[] elements
                ? ofCollections(path, Arrays.asList(elements), Arrays.asList((Object[]) back))
                : Arrays.deepEquals(new Object[] {array}, new Object[] {back}) ? null : path;
    }

    /** The platform's classes define equality, or cannot be compared but for a few. */
    private @Nullable String ofThePlatform(String path, Object value, Object back) {
        boolean same;
        if (value instanceof AtomicReference<?> reference) {
            return difference(path, reference.get(), ((AtomicReference<?>) back).get());
        } else if (value instanceof AtomicInteger || value instanceof AtomicLong || value instanceof AtomicBoolean) {
            same = value.toString().equals(back.toString());
        } else if (value instanceof StringBuilder || value instanceof StringBuffer || value instanceof java.net.URL) {
            // URLs are not asked whether they are equal: that would resolve their hosts.
            same = value.toString().equals(back.toString());
        } else if (value instanceof Pattern pattern) {
            Pattern other = (Pattern) back;
            same = pattern.pattern().equals(other.pattern()) && pattern.flags() == other.flags();
        } else {
            same = value.getClass() == Object.class || value.equals(back);
        }
        return same ? null : path;
    }

    private @Nullable String ofFields(String path, Object value, Object back) {
        if (compared.put(value, back) != null) {
            return null;
        }
        try {
            for (Field field : Fields.of(value.getClass())) {
                String name = path.isEmpty() ? field.getName() : path + "." + field.getName();
                String different = difference(name, field.get(value), field.get(back));
                if (different != null) {
                    return different;
                }
            }
            return null;
        } catch (InaccessibleObjectException e) {
            return value.equals(back) ? null : path;
        } catch (IllegalAccessException e) {
            throw new IllegalStateException("A field that was made accessible is not", e);
        }
    }

    static boolean isOfThePlatform(Class<?> type) {
        return type.getName().startsWith("java.") || type.getClassLoader() == null;
    }
}
