package io.eventcore.internal;

import io.eventcore.PersonalData;
import java.lang.reflect.Field;
import java.lang.reflect.GenericArrayType;
import java.lang.reflect.InaccessibleObjectException;
import java.lang.reflect.Modifier;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Tells which objects hold {@linkplain PersonalData personal data}, by the components of their classes. */
public final class PersonalComponents {
    /** Deeper objects than this are not looked into: JSON does not go so deep. */
    private static final int MAX_DEPTH = 200;

    private static final List<String> LIBRARIES =
            List.of("java.", "javax.", "jdk.", "tools.jackson.", "com.fasterxml.jackson.");

    /** What is known to hold other objects, among the classes of libraries. */
    private static final List<Class<?>> HOLDERS =
            List.of(Optional.class, Map.class, Map.Entry.class, Iterable.class, AtomicReference.class);

    private static final ClassValue<Findings> KNOWN = new ClassValue<>() {
        @Override
        protected Findings computeValue(Class<?> type) {
            Search search = new Search();
            search.visit(type);
            return new Findings(List.copyOf(search.found), List.copyOf(search.hidden), search.open);
        }
    };

    private PersonalComponents() {}

    /**
     * A component that is personal data.
     *
     * @param field the field behind it
     * @param around the classes that may hold its class, from the outside to the inside, its own last
     */
    public record Component(Field field, List<Class<?>> around) {}

    /**
     * A component whose type has personal data where it cannot be told from other data.
     *
     * @param field the field behind it
     * @param holder the class of a library that holds it
     */
    public record Hidden(Field field, Class<?> holder) {}

    /**
     * What is known of all objects of a class.
     *
     * @param open whether something in it is declared as a type of which any class may be
     */
    private record Findings(List<Component> declared, List<Hidden> hidden, boolean open) {}

    /** The personal components of a class and of all classes that are part of it by declaration. */
    public static List<Component> declaredBy(Class<?> type) {
        return KNOWN.get(type).declared;
    }

    /** The components with personal data in the keys of a map, or in a class of a library that is not known to hold objects. */
    public static List<Hidden> hiddenIn(Class<?> type) {
        return KNOWN.get(type).hidden;
    }

    /** Whether an object of this class may hold personal data; false is for certain. */
    public static boolean mayBeIn(Class<?> type) {
        Findings findings = KNOWN.get(type);
        return findings.open || !findings.declared.isEmpty();
    }

    /** How many values in an object are personal data, without those that are empty. */
    public static int count(@Nullable Object value) {
        return count(value, 0);
    }

    private static int count(@Nullable Object value, int depth) {
        if (value == null || depth > MAX_DEPTH) {
            return 0;
        }
        int count = 0;
        if (isOfALibrary(value.getClass())) {
            for (Object part : parts(value)) {
                count += count(part, depth + 1);
            }
            return count;
        }
        if (!mayBeIn(value.getClass())) {
            return 0;
        }
        for (Field field : fieldsOf(value.getClass())) {
            Object part = valueOf(field, value);
            if (field.isAnnotationPresent(PersonalData.class)) {
                count += isEmpty(part) ? 0 : 1;
            } else {
                count += count(part, depth + 1);
            }
        }
        return count;
    }

    private static boolean isEmpty(@Nullable Object value) {
        return value == null
                || (value instanceof Optional<?> optional && optional.isEmpty())
                || (value instanceof Iterable<?> elements
                        && !elements.iterator().hasNext())
                || (value instanceof Map<?, ?> map && map.isEmpty())
                || (value instanceof CharSequence text && text.length() == 0);
    }

    private static List<@Nullable Object> parts(Object value) {
        List<@Nullable Object> parts = new ArrayList<>();
        if (value instanceof Optional<?> optional) {
            parts.add(optional.orElse(null));
        } else if (value instanceof AtomicReference<?> reference) {
            parts.add(reference.get());
        } else if (value instanceof Map<?, ?> map) {
            parts.addAll(map.keySet());
            parts.addAll(map.values());
        } else if (value instanceof Map.Entry<?, ?> entry) {
            parts.add(entry.getKey());
            parts.add(entry.getValue());
        } else if (value instanceof Object[] array) {
            parts.addAll(Arrays.asList(array));
        } else if (value instanceof Iterable<?> elements && isOfALibrary(value.getClass())) {
            elements.forEach(parts::add);
        } else if (!isOfALibrary(value.getClass())) {
            fieldsOf(value.getClass()).forEach(field -> parts.add(valueOf(field, value)));
        }
        return parts;
    }

    private static @Nullable Object valueOf(Field field, Object owner) {
        try {
            return field.get(owner);
        } catch (IllegalAccessException e) {
            throw new IllegalStateException("A field that was made accessible is not", e);
        }
    }

    private static boolean isOfALibrary(Class<?> type) {
        return type.isArray() || type.isPrimitive() || LIBRARIES.stream().anyMatch(type.getName()::startsWith);
    }

    private static List<Field> fieldsOf(Class<?> type) {
        List<Field> fields = new ArrayList<>();
        for (Class<?> level = type; level != null && !isOfALibrary(level); level = level.getSuperclass()) {
            for (Field field : level.getDeclaredFields()) {
                if (!Modifier.isStatic(field.getModifiers())) {
                    try {
                        field.setAccessible(true);
                        fields.add(field);
                    } catch (InaccessibleObjectException notForUs) {
                        // Nor for the one who writes JSON.
                    }
                }
            }
        }
        return fields;
    }

    /** Goes through the classes that are part of one. */
    private static final class Search {
        private final Set<Type> visited = new HashSet<>();
        private final List<Class<?>> around = new ArrayList<>();
        private final List<Component> found = new ArrayList<>();
        private final List<Hidden> hidden = new ArrayList<>();
        private @Nullable Field component;
        private boolean open;

        void visit(Type type) {
            if (type instanceof Class<?> declared) {
                visit(declared);
            } else if (!visited.add(type)) {
                return;
            } else if (type instanceof ParameterizedType generic) {
                visit(generic.getRawType());
                lookForHidden(generic);
                for (Type argument : generic.getActualTypeArguments()) {
                    visit(argument);
                }
            } else if (type instanceof GenericArrayType array) {
                visit(array.getGenericComponentType());
            } else {
                open = true;
            }
        }

        private void lookForHidden(ParameterizedType generic) {
            Class<?> raw = (Class<?>) generic.getRawType();
            if (component == null
                    || raw == Class.class
                    || !isOfALibrary(raw)
                    || component.isAnnotationPresent(PersonalData.class)) {
                return;
            }
            Type[] arguments = generic.getActualTypeArguments();
            boolean isKeyed = Map.class.isAssignableFrom(raw) || Map.Entry.class.isAssignableFrom(raw);
            boolean isHolder = HOLDERS.stream().anyMatch(known -> known.isAssignableFrom(raw));
            int untold = isKeyed ? 1 : isHolder ? 0 : arguments.length;
            for (Type argument : List.of(arguments).subList(0, Math.min(untold, arguments.length))) {
                Search inside = new Search();
                inside.visit(argument);
                if (!inside.found.isEmpty()) {
                    hidden.add(new Hidden(component, raw));
                }
            }
        }

        private void visit(Class<?> type) {
            if (type.isArray()) {
                visit(type.getComponentType());
                return;
            }
            if (type.isEnum() || isOfALibrary(type)) {
                open |= type == Object.class || type == java.io.Serializable.class || type == Comparable.class;
                return;
            }
            if (!visited.add(type)) {
                return;
            }
            around.add(type);
            for (Field field : fieldsOf(type)) {
                if (field.isAnnotationPresent(PersonalData.class)) {
                    found.add(new Component(field, List.copyOf(around)));
                }
                component = field;
                visit(field.getGenericType());
            }
            around.remove(around.size() - 1);
            if (type.isSealed()) {
                Arrays.stream(type.getPermittedSubclasses()).forEach(this::visit);
            } else if (!Modifier.isFinal(type.getModifiers())) {
                open = true;
            }
        }
    }
}
