package io.eventcore.serialization;

import io.eventcore.Event;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.Array;
import java.lang.reflect.Field;
import java.lang.reflect.InaccessibleObjectException;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JavaType;
import tools.jackson.databind.json.JsonMapper;

/**
 * What the events of one class consist of, and which of it has survived its JSON form.
 *
 * <p>That one event came back as it was says little of the next one if that fills a component that was empty, or holds
 * another subtype. So each place in the class is proven by the first value that fills it. Of a type that is not vouched
 * for, no value proves another one: an event that holds it is never proven. Safe for any number of threads; two of them
 * may prove the same.
 */
final class Shape {
    /** More than any reasonable event has; beyond, every event is read back. */
    private static final int MAX_TYPES = 500;

    private final JsonMapper mapper;
    private final VouchedTypes vouched;
    private final Map<JavaType, Kind> kinds = new HashMap<>();
    private final Place event;

    Shape(Class<? extends Event> type, JsonMapper mapper, VouchedTypes vouched) {
        this.mapper = mapper;
        this.vouched = vouched;
        this.event = new Place(kindOf(mapper.constructType(type)));
    }

    /** Whether an event has something that no event of its class had before. */
    boolean hasUnproven(Event value) {
        return event.hasUnproven(value);
    }

    /** Notes that an event has survived. */
    synchronized void prove(Event value) {
        event.prove(value);
        settle();
    }

    /** Finds the places where nothing new can come: neither there nor in what is below. */
    private void settle() {
        Set<Place> places = new LinkedHashSet<>();
        event.collect(places);
        Set<Place> open = new LinkedHashSet<>();
        boolean more = true;
        while (more) {
            more = false;
            for (Place place : places) {
                if (!open.contains(place)
                        && (!place.proven
                                || place.kind.isOpen()
                                || place.kind.places().stream().anyMatch(open::contains))) {
                    more = open.add(place);
                }
            }
        }
        places.forEach(place -> place.settled = !open.contains(place));
    }

    private synchronized Kind kindOf(JavaType type) {
        Kind known = kinds.get(type);
        if (known != null) {
            return known;
        }
        if (kinds.size() >= MAX_TYPES) {
            return Kind.UNKNOWN;
        }
        try {
            return newKindOf(type);
        } catch (JacksonException | InaccessibleObjectException e) {
            // Whether it can be written and read at all is found by doing so.
            return Kind.UNKNOWN;
        }
    }

    private Kind newKindOf(JavaType type) {
        Class<?> raw = type.getRawClass();
        if (vouched.isLeaf(type)) {
            return Kind.LEAF;
        }
        if (type.isArrayType() || isContainer(type)) {
            boolean keys = type.isMapLikeType();
            if (keys && !vouched.isKey(type.getKeyType())) {
                return Kind.UNKNOWN;
            }
            Container container = new Container(keys);
            kinds.put(type, container);
            container.content = new Place(kindOf(type.getContentType()));
            return container;
        }
        if (raw.isEnum() || ReadBack.isOfThePlatform(raw) || !vouched.isWrittenAsUsual(type)) {
            return Kind.UNKNOWN;
        }
        if (Modifier.isFinal(raw.getModifiers())) {
            return structure(type);
        }
        Kind subtypes = new Subtypes(type);
        kinds.put(type, subtypes);
        return subtypes;
    }

    private boolean isContainer(JavaType type) {
        Class<?> raw = type.getRawClass();
        boolean known = type.isCollectionLikeType()
                || type.isMapLikeType()
                || raw == Optional.class
                || raw == AtomicReference.class;
        return known && raw.getName().startsWith("java.util.") && vouched.isWrittenAsUsual(type);
    }

    private Kind structure(JavaType type) {
        Structure structure = new Structure();
        kinds.put(type, structure);
        for (Field field : Fields.of(type.getRawClass())) {
            boolean usual = annotated(type.getRawClass(), field).stream().allMatch(VouchedTypes::isHarmless);
            JavaType of = mapper.getTypeFactory()
                    .resolveMemberType(
                            field.getGenericType(),
                            type.findSuperType(field.getDeclaringClass()).getBindings());
            structure.add(field, new Place(usual ? kindOf(of) : Kind.UNKNOWN));
        }
        return structure;
    }

    /** What may carry the annotations of a property. */
    private static List<AnnotatedElement> annotated(Class<?> type, Field field) {
        List<AnnotatedElement> elements = new ArrayList<>(List.of(field));
        String name = field.getName();
        for (Class<?> level = type; level != null && level != Object.class; level = level.getSuperclass()) {
            for (var method : level.getDeclaredMethods()) {
                if (method.getName().equalsIgnoreCase(name)
                        || method.getName().equalsIgnoreCase("get" + name)
                        || method.getName().equalsIgnoreCase("is" + name)
                        || method.getName().equalsIgnoreCase("set" + name)) {
                    elements.add(method);
                }
            }
            for (var constructor : level.getDeclaredConstructors()) {
                elements.addAll(List.of(constructor.getParameters()));
            }
        }
        return elements;
    }

    /** Where a value may stand: a component, an element, a subtype. */
    private static final class Place {
        private final Kind kind;
        private volatile boolean proven;
        private volatile boolean settled;

        private Place(Kind kind) {
            this.kind = kind;
        }

        private boolean hasUnproven(@Nullable Object value) {
            return !settled && value != null && isFilled(value) && (!proven || kind.hasUnproven(value));
        }

        private void prove(@Nullable Object value) {
            if (!settled && value != null && isFilled(value)) {
                proven = true;
                kind.prove(value);
            }
        }

        private void collect(Set<Place> places) {
            if (places.add(this)) {
                kind.places().forEach(place -> place.collect(places));
            }
        }

        /** Whether it is another value than the one a class has by itself when JSON sets nothing. */
        private static boolean isFilled(Object value) {
            if (value instanceof Boolean bool) {
                return bool;
            }
            if (value instanceof Integer || value instanceof Long || value instanceof Short || value instanceof Byte) {
                return ((Number) value).longValue() != 0;
            }
            return !"".equals(value) && !Optional.empty().equals(value);
        }
    }

    /** What is known of the values of a type. */
    private abstract static class Kind {
        /** Every value is as good as another one. */
        private static final Kind LEAF = new Kind() {};

        /** No value proves another one. */
        private static final Kind UNKNOWN = new Kind() {
            @Override
            boolean hasUnproven(Object value) {
                return true;
            }

            @Override
            boolean isOpen() {
                return true;
            }
        };

        boolean hasUnproven(Object value) {
            return false;
        }

        void prove(Object value) {}

        boolean isOpen() {
            return false;
        }

        Collection<Place> places() {
            return List.of();
        }
    }

    private static final class Structure extends Kind {
        private final List<Field> fields = new ArrayList<>();
        private final List<Place> places = new ArrayList<>();

        private void add(Field field, Place place) {
            fields.add(field);
            places.add(place);
        }

        @Override
        boolean hasUnproven(Object value) {
            for (int i = 0; i < fields.size(); i++) {
                Place place = places.get(i);
                if (!place.settled && place.hasUnproven(get(i, value))) {
                    return true;
                }
            }
            return false;
        }

        @Override
        void prove(Object value) {
            for (int i = 0; i < fields.size(); i++) {
                places.get(i).prove(get(i, value));
            }
        }

        private @Nullable Object get(int index, Object value) {
            try {
                return fields.get(index).get(value);
            } catch (IllegalAccessException e) {
                throw new IllegalStateException("A field that was made accessible is not", e);
            }
        }

        @Override
        Collection<Place> places() {
            return places;
        }
    }

    private static final class Container extends Kind {
        private final boolean map;
        private Place content = new Place(Kind.UNKNOWN);

        private Container(boolean map) {
            this.map = map;
        }

        private Iterable<?> contents(Object value) {
            if (value instanceof Optional<?> optional) {
                return optional.stream().toList();
            }
            if (value instanceof AtomicReference<?> reference) {
                Object referred = reference.get();
                return referred == null ? List.of() : List.of(referred);
            }
            if (map && value instanceof Map<?, ?> entries) {
                return entries.values();
            }
            if (value instanceof Object[] array) {
                return Arrays.asList(array);
            }
            if (value.getClass().isArray()) {
                return Array.getLength(value) == 0 ? List.of() : List.of(Array.get(value, 0));
            }
            return (Iterable<?>) value;
        }

        @Override
        boolean hasUnproven(Object value) {
            if (content.settled) {
                return false;
            }
            for (Object element : contents(value)) {
                if (content.hasUnproven(element)) {
                    return true;
                }
            }
            return false;
        }

        @Override
        void prove(Object value) {
            contents(value).forEach(content::prove);
        }

        @Override
        Collection<Place> places() {
            return List.of(content);
        }
    }

    /** A type that others may extend: each of them is proven by itself. */
    private final class Subtypes extends Kind {
        private final JavaType base;
        private final Map<Class<?>, Place> seen = new ConcurrentHashMap<>();

        private Subtypes(JavaType base) {
            this.base = base;
        }

        @Override
        boolean hasUnproven(Object value) {
            Place place = seen.get(value.getClass());
            return place == null || place.hasUnproven(value);
        }

        @Override
        void prove(Object value) {
            Class<?> type = value.getClass();
            Place place = seen.get(type);
            if (place == null && seen.size() < MAX_TYPES) {
                place = new Place(placeKind(type));
                seen.put(type, place);
            }
            if (place != null) {
                place.prove(value);
            }
        }

        private Kind placeKind(Class<?> type) {
            JavaType actual = mapper.getTypeFactory().constructSpecializedType(base, type);
            return type == base.getRawClass() || !Modifier.isFinal(type.getModifiers())
                    ? structureOrUnknown(actual)
                    : kindOf(actual);
        }

        private Kind structureOrUnknown(JavaType type) {
            return vouched.isWrittenAsUsual(type) ? structure(type) : Kind.UNKNOWN;
        }

        @Override
        boolean isOpen() {
            return !permitted(base.getRawClass(), new LinkedHashSet<>())
                    .map(seen.keySet()::containsAll)
                    .orElse(false);
        }

        /** The classes that may stand here, if that is known. */
        private static Optional<Set<Class<?>>> permitted(Class<?> type, Set<Class<?>> found) {
            if (Modifier.isFinal(type.getModifiers())) {
                found.add(type);
                return Optional.of(found);
            }
            if (!type.isSealed()) {
                return Optional.empty();
            }
            if (!Modifier.isAbstract(type.getModifiers())) {
                found.add(type);
            }
            for (Class<?> subtype : type.getPermittedSubclasses()) {
                if (permitted(subtype, found).isEmpty()) {
                    return Optional.empty();
                }
            }
            return Optional.of(found);
        }

        @Override
        Collection<Place> places() {
            return seen.values();
        }
    }
}
