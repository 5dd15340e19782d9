package io.eventcore.test;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonTypeName;
import io.eventcore.PersonalData;
import io.eventcore.StreamId;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.lang.reflect.Type;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.springframework.core.ResolvableType;

/**
 * What an event class holds, as the paths of its values and the type of each: {@code lines[].price} is a {@code long}.
 *
 * <p>The names of the application's classes are not part of it, as no stored event names a class: renaming one changes
 * nothing. Enums are their constants.
 */
final class EventShape {
    private final SortedMap<String, String> types = new TreeMap<>();

    /** The classes that the path leads through: one that holds itself is not followed again. */
    private final Set<Class<?>> open = new HashSet<>();

    private EventShape() {}

    /** The type of each value, by its path. A class that holds nothing has an empty shape. */
    static SortedMap<String, String> of(Class<?> type) {
        EventShape shape = new EventShape();
        shape.addParts("", ResolvableType.forClass(type), type);
        return shape.types;
    }

    private void add(String path, ResolvableType type, String suffix) {
        Class<?> raw = type.resolve(Object.class);
        if (raw.isArray()) {
            add(path + "[]", type.getComponentType(), suffix);
        } else if (raw == Optional.class) {
            add(path, type.getGeneric(0), " or nothing" + suffix);
        } else if (Iterable.class.isAssignableFrom(raw) && type.hasGenerics()) {
            add(path + "[]", type.getGeneric(0), suffix);
        } else if (Map.class.isAssignableFrom(raw) && type.hasGenerics()) {
            add(path + "{key}", type.getGeneric(0), suffix);
            add(path + "{}", type.getGeneric(1), suffix);
        } else if (raw.isEnum()) {
            types.put(path, "one of " + constants(raw) + suffix);
        } else if (raw.isSealed()) {
            types.put(path, "an alternative" + suffix);
            for (Class<?> permitted : raw.getPermittedSubclasses()) {
                add(path + "<" + nameOf(permitted) + ">", ResolvableType.forClass(permitted), "");
            }
        } else if (isOfTheApplication(raw) && open.add(raw)) {
            types.put(path, "an object" + suffix);
            addParts(path, type, raw);
            open.remove(raw);
        } else {
            types.put(path, (isOfTheApplication(raw) ? "an object as above" : raw.getSimpleName()) + suffix);
        }
    }

    private void addParts(String path, ResolvableType type, Class<?> raw) {
        String prefix = path.isEmpty() ? "" : path + ".";
        fieldsOf(raw).forEach(field -> add(prefix + nameOf(field), resolved(field, type), suffixOf(field)));
    }

    /** That a value is personal decides how it is stored, though not what it is read as. */
    private static String suffixOf(Field field) {
        return field.isAnnotationPresent(PersonalData.class) ? ", personal" : "";
    }

    private static ResolvableType resolved(Field field, ResolvableType owner) {
        Type type = field.getGenericType();
        return ResolvableType.forType(type, owner.as(field.getDeclaringClass()));
    }

    private static Stream<Field> fieldsOf(Class<?> raw) {
        Stream<Field> own = Arrays.stream(raw.getDeclaredFields())
                .filter(field -> !Modifier.isStatic(field.getModifiers()) && !field.isSynthetic());
        Class<?> above = raw.getSuperclass();
        return above == null || above == Object.class ? own : Stream.concat(fieldsOf(above), own);
    }

    private static boolean isOfTheApplication(Class<?> raw) {
        return !raw.isPrimitive()
                && !raw.getName().startsWith("java.")
                && !raw.getPackage().equals(StreamId.class.getPackage());
    }

    private static String constants(Class<?> type) {
        return Arrays.stream(type.getEnumConstants())
                .map(constant -> ((Enum<?>) constant).name())
                .sorted()
                .collect(Collectors.joining(", "));
    }

    private static String nameOf(Class<?> permitted) {
        JsonTypeName name = permitted.getAnnotation(JsonTypeName.class);
        return name == null || name.value().isEmpty() ? permitted.getSimpleName() : name.value();
    }

    private static String nameOf(Field field) {
        JsonProperty name = field.getAnnotation(JsonProperty.class);
        return name == null || name.value().isEmpty() ? field.getName() : name.value();
    }
}
