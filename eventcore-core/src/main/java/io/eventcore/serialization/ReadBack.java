package io.eventcore.serialization;

import io.eventcore.Event;
import io.eventcore.internal.JsonPaths;
import io.eventcore.internal.RedactedException;
import java.lang.reflect.Field;
import java.lang.reflect.InaccessibleObjectException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
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
import tools.jackson.databind.exc.InvalidDefinitionException;
import tools.jackson.databind.json.JsonMapper;

/** Compares an event with what its JSON gives back, component by component, whatever the classes say of equality. */
final class ReadBack {
    private static final JsonMapper TREES = EventJson.builder()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .build();

    /** What is being compared already, or was: what JSON leaves out may refer back to the event. */
    private final Set<Pair> compared = new HashSet<>();

    private ReadBack() {}

    /**
     * Checks that an event comes back as it is.
     *
     * @param json what it was written as
     * @param reader reads its class
     * @param writer writes it
     * @return what it comes back as
     * @throws IllegalStateException if it cannot be read, or comes back different; names class and component
     */
    static @Nullable Object check(Event event, byte[] json, ObjectReader reader, ObjectWriter writer) {
        String type = event.getClass().getName();
        Object back;
        try {
            back = reader.readValue(json);
        } catch (JacksonException e) {
            String place = JsonPaths.of(e);
            String what = what(e, place);
            throw new IllegalStateException(
                    "%s can be written as JSON, but not be read back%s"
                            .formatted(type, what.isEmpty() ? "" : ": " + what),
                    RedactedException.of(e, place));
        }
        String different = back == null ? "the event" : new ReadBack().difference(event, back);
        if (different != null
                && !(back != null && event.equals(back) && sameJson(json, writer.writeValueAsBytes(back)))) {
            throw new IllegalStateException("%s would come back different: %s does not survive its JSON form"
                    .formatted(type, different.isEmpty() ? "the event" : "component '" + different + "'"));
        }
        return back;
    }

    /** The component, or at least the type that cannot be read; empty if Jackson says neither. Quotes nothing. */
    private static String what(JacksonException e, String place) {
        if (e instanceof MissingProperties.MissingPropertyException missing) {
            return missing.getOriginalMessage();
        }
        if (place.isEmpty() && e instanceof InvalidDefinitionException undefined && undefined.getType() != null) {
            return "see " + undefined.getType().getRawClass().getName();
        }
        return place.isEmpty() ? "" : "see " + place;
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

    /**
     * The path to the first component that differs, empty for the value itself; null if there is none. It is put together
     * on the way back, as nearly all values are the same.
     */
    private @Nullable String difference(@Nullable Object value, @Nullable Object back) {
        if (value == back) {
            return value instanceof Class<?> ? "" : null;
        }
        if (value == null || back == null) {
            return "";
        }
        if (value instanceof Optional<?> optional) {
            return back instanceof Optional<?> other ? difference(optional.orElse(null), other.orElse(null)) : "";
        }
        if (value instanceof Map<?, ?> map) {
            return back instanceof Map<?, ?> other ? ofMaps(map, other) : "";
        }
        if (value instanceof Collection<?> collection) {
            return back instanceof Collection<?> other ? ofCollections(collection, other) : "";
        }
        if (value instanceof Map.Entry<?, ?> entry) {
            return back instanceof Map.Entry<?, ?> other ? ofEntries(entry, other) : "";
        }
        if (value instanceof JsonNode json) {
            return back instanceof JsonNode other && isSame(json, other) ? null : "";
        }
        if (value.getClass() != back.getClass()) {
            return "";
        }
        if (value.getClass().isArray()) {
            return ofArrays(value, back);
        }
        return isOfThePlatform(value.getClass()) ? ofThePlatform(value, back) : ofFields(value, back);
    }

    private static String join(String path, String rest) {
        return rest.isEmpty() || rest.startsWith("[") ? path + rest : path + "." + rest;
    }

    private @Nullable String ofEntries(Map.Entry<?, ?> entry, Map.Entry<?, ?> back) {
        String ofKeys = difference(entry.getKey(), back.getKey());
        return ofKeys != null ? ofKeys : difference(entry.getValue(), back.getValue());
    }

    private @Nullable String ofMaps(Map<?, ?> map, Map<?, ?> back) {
        if (map.size() != back.size()) {
            return "";
        }
        Map<@Nullable Object, Map.Entry<?, ?>> found = new HashMap<>();
        back.entrySet().forEach(entry -> found.put(entry.getKey(), entry));
        for (Map.Entry<?, ?> entry : map.entrySet()) {
            Map.Entry<?, ?> other = found.get(entry.getKey());
            String different = other == null ? "" : ofEntries(entry, other);
            if (different != null) {
                return different;
            }
        }
        return null;
    }

    private @Nullable String ofCollections(Collection<?> collection, Collection<?> back) {
        if (collection.size() != back.size() || collection instanceof Set<?> != back instanceof Set<?>) {
            return "";
        }
        if (collection instanceof List<?> && !(back instanceof List<?>)) {
            return "";
        }
        if (!(collection instanceof Set<?>)) {
            return inOrder(collection, back);
        }
        Map<@Nullable Object, @Nullable Object> found = new HashMap<>();
        back.forEach(element -> found.put(element, element));
        for (Object element : collection) {
            String different = found.containsKey(element) ? difference(element, found.get(element)) : "";
            if (different != null) {
                return different;
            }
        }
        return null;
    }

    private @Nullable String inOrder(Collection<?> collection, Collection<?> back) {
        Iterator<?> others = back.iterator();
        int index = 0;
        for (Object element : collection) {
            String different = difference(element, others.next());
            if (different != null) {
                return join("[" + index + "]", different);
            }
            index++;
        }
        return null;
    }

    private @Nullable String ofArrays(Object array, Object back) {
        return array instanceof Object[] elements
                ? ofCollections(Arrays.asList(elements), Arrays.asList((Object[]) back))
                : Arrays.deepEquals(new Object[] {array}, new Object[] {back}) ? null : "";
    }

    /** JSON says of a number neither its type nor that it was no number: infinity comes back as a text. */
    private static boolean isSame(JsonNode json, JsonNode back) {
        if (json.getNodeType() != back.getNodeType() || json.size() != back.size()) {
            return false;
        }
        if (json.isArray()) {
            for (int i = 0; i < json.size(); i++) {
                if (!isSame(json.get(i), back.get(i))) {
                    return false;
                }
            }
            return true;
        }
        if (json.isObject()) {
            return json.properties().stream().allMatch(property -> {
                JsonNode other = back.get(property.getKey());
                return other != null && isSame(property.getValue(), other);
            });
        }
        return json.toString().equals(back.toString());
    }

    /** The platform's classes define equality, or cannot be compared but for a few. */
    private @Nullable String ofThePlatform(Object value, Object back) {
        boolean same;
        if (value instanceof AtomicReference<?> reference) {
            return difference(reference.get(), ((AtomicReference<?>) back).get());
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
        return same ? null : "";
    }

    private @Nullable String ofFields(Object value, Object back) {
        if (!compared.add(new Pair(value, back))) {
            return null;
        }
        try {
            for (Field field : Fields.of(value.getClass())) {
                String different = difference(field.get(value), field.get(back));
                if (different != null) {
                    return join(field.getName(), different);
                }
            }
            return null;
        } catch (InaccessibleObjectException e) {
            return value.equals(back) ? null : "";
        } catch (IllegalAccessException e) {
            throw new IllegalStateException("A field that was made accessible is not", e);
        }
    }

    private static boolean isOfThePlatform(Class<?> type) {
        return type.getName().startsWith("java.") || type.getClassLoader() == null;
    }

    /** Two objects, whatever their classes say of equality. The same value may stand at two places and come back as two. */
    private record Pair(Object value, Object back) {
        @Override
        @SuppressWarnings("ReferenceEquality") // That is what it is for.
        public boolean equals(@Nullable Object other) {
            return other instanceof Pair pair && pair.value == value && pair.back == back;
        }

        @Override
        public int hashCode() {
            return 31 * System.identityHashCode(value) + System.identityHashCode(back);
        }
    }
}
