package io.eventcore.test;

import java.lang.reflect.Array;
import java.lang.reflect.Field;
import java.lang.reflect.InaccessibleObjectException;
import java.lang.reflect.Modifier;
import java.util.Collection;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The content of a state at one moment, place by place, which detects a change whether its class defines equality or
 * not. Transient fields are not part of it.
 */
final class StatePrint {
    /** A test's states are small. Of a larger one, only so many places are watched. */
    private static final int MAX_PLACES = 100_000;

    private final Map<String, String> places = new LinkedHashMap<>();
    private final IdentityHashMap<Object, String> seen = new IdentityHashMap<>();

    private StatePrint() {}

    static Map<String, String> of(@Nullable Object state) {
        StatePrint print = new StatePrint();
        print.add("state", state);
        return print.places;
    }

    /** The first place at which two prints differ. */
    static Optional<String> firstDifference(Map<String, String> before, Map<String, String> after) {
        for (Map.Entry<String, String> place : before.entrySet()) {
            if (!place.getValue().equals(after.get(place.getKey()))) {
                return Optional.of(place.getKey());
            }
        }
        return after.keySet().stream()
                .filter(place -> !before.containsKey(place))
                .findFirst();
    }

    private void add(String place, @Nullable Object value) {
        if (places.size() >= MAX_PLACES) {
            return;
        }
        if (value == null) {
            places.put(place, "null");
        } else if (isPlain(value)) {
            places.put(place, value.toString());
        } else if (seen.putIfAbsent(value, place) == null) {
            addParts(place, value);
        } else {
            places.put(place, "as " + seen.get(value));
        }
    }

    private void addParts(String place, Object value) {
        if (value instanceof Map<?, ?> map) {
            places.put(place, map.size() + " entries");
            map.forEach((key, inner) -> add(place + "[" + key + "]", inner));
        } else if (value instanceof Set<?> set) {
            places.put(place, set.size() + " elements");
            set.forEach(inner -> add(place + "[" + inner + "]", inner));
        } else if (value instanceof Collection<?> collection) {
            places.put(place, collection.size() + " elements");
            int index = 0;
            for (Object inner : collection) {
                add(place + "[" + index++ + "]", inner);
            }
        } else if (value.getClass().isArray()) {
            places.put(place, Array.getLength(value) + " elements");
            for (int i = 0; i < Array.getLength(value); i++) {
                add(place + "[" + i + "]", Array.get(value, i));
            }
        } else {
            places.put(place, value.getClass().getName());
            addFields(place, value);
        }
    }

    private void addFields(String place, Object value) {
        for (Class<?> type = value.getClass(); type != null && type != Object.class; type = type.getSuperclass()) {
            for (Field field : type.getDeclaredFields()) {
                if (!Modifier.isStatic(field.getModifiers()) && !Modifier.isTransient(field.getModifiers())) {
                    add(place + "." + field.getName(), valueOf(field, value));
                }
            }
        }
    }

    private static @Nullable Object valueOf(Field field, Object owner) {
        try {
            field.setAccessible(true);
            return field.get(owner);
        } catch (IllegalAccessException | InaccessibleObjectException e) {
            // A module keeps it to itself, so that no test of the application changes it either.
            return field.getName();
        }
    }

    /** Whether a value says all that it holds: those of the JDK do, collections and arrays aside. */
    private static boolean isPlain(Object value) {
        Class<?> type = value.getClass();
        return value instanceof Enum<?>
                || (type.getName().startsWith("java.")
                        && !(value instanceof Collection<?>)
                        && !(value instanceof Map<?, ?>));
    }
}
