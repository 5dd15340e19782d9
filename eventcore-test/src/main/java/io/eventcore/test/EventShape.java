package io.eventcore.test;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.eventcore.PersonalData;
import io.eventcore.StreamId;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.lang.reflect.Type;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
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
    /** What their classes keep in their fields is theirs, and changes with them. */
    private static final List<String> LIBRARIES =
            List.of("java.", "javax.", "jdk.", "kotlin.", "tools.jackson.", "com.fasterxml.jackson.");

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
        } else if (Iterable.class.isAssignableFrom(raw)
                && partOf(type, Iterable.class, 0).isPresent()) {
            add(path + "[]", partOf(type, Iterable.class, 0).get(), uniqueness(raw) + suffix);
        } else if (Map.class.isAssignableFrom(raw) && partOf(type, Map.class, 1).isPresent()) {
            add(path + "{key}", type.as(Map.class).getGeneric(0), suffix);
            add(path + "{}", type.as(Map.class).getGeneric(1), suffix);
        } else if (raw.isEnum()) {
            types.put(path, "one of " + constants(raw) + suffix);
        } else if (!Alternatives.of(raw).isEmpty()) {
            types.put(path, "an alternative" + suffix);
            Alternatives.of(raw)
                    .forEach((name, alternative) -> addAlternative(path + "<" + name + ">", alternative, raw));
        } else if (isOfTheApplication(raw) && open.add(raw)) {
            types.put(path, "an object" + suffix);
            addParts(path, type, raw);
            open.remove(raw);
        } else {
            types.put(path, (isOfTheApplication(raw) ? "an object as above" : raw.getSimpleName()) + suffix);
        }
    }

    /** A base class may be one of its own alternatives. */
    private void addAlternative(String path, Class<?> alternative, Class<?> base) {
        if (alternative != base) {
            add(path, ResolvableType.forClass(alternative), "");
        } else if (open.add(alternative)) {
            types.put(path, "an object");
            addParts(path, ResolvableType.forClass(alternative), alternative);
            open.remove(alternative);
        } else {
            types.put(path, "an object as above");
        }
    }

    /** What a container holds, if it says so: also where a class of the application extends the container. */
    private static Optional<ResolvableType> partOf(ResolvableType type, Class<?> container, int index) {
        ResolvableType part = type.as(container).getGeneric(index);
        return part.resolve() == null ? Optional.empty() : Optional.of(part);
    }

    /** A set forgets what a list keeps: repetitions and the order. */
    private static String uniqueness(Class<?> container) {
        if (!Set.class.isAssignableFrom(container)) {
            return "";
        }
        return SortedSet.class.isAssignableFrom(container) ? ", each once and sorted" : ", each once";
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

    /** Of what is stored: neither fields that JSON passes over, nor what a class of a library keeps for itself. */
    private static Stream<Field> fieldsOf(Class<?> raw) {
        Stream<Field> own = Arrays.stream(raw.getDeclaredFields()).filter(EventShape::isStored);
        Class<?> above = raw.getSuperclass();
        return above == null || !isOfTheApplication(above) ? own : Stream.concat(fieldsOf(above), own);
    }

    private static boolean isStored(Field field) {
        int modifiers = field.getModifiers();
        JsonIgnore ignored = field.getAnnotation(JsonIgnore.class);
        return !Modifier.isStatic(modifiers)
                && !Modifier.isTransient(modifiers)
                && !field.isSynthetic()
                && (ignored == null || !ignored.value());
    }

    private static boolean isOfTheApplication(Class<?> raw) {
        return !raw.isPrimitive()
                && LIBRARIES.stream().noneMatch(raw.getName()::startsWith)
                && !raw.getPackage().equals(StreamId.class.getPackage());
    }

    /** By the texts that stand for them in JSON. */
    private static String constants(Class<?> type) {
        return Arrays.stream(type.getFields())
                .filter(Field::isEnumConstant)
                .map(EventShape::nameOf)
                .sorted()
                .collect(Collectors.joining(", "));
    }

    private static String nameOf(Field field) {
        JsonProperty name = field.getAnnotation(JsonProperty.class);
        return name == null || name.value().isEmpty() ? field.getName() : name.value();
    }
}
