package io.eventcore;

import java.lang.reflect.AccessibleObject;
import java.lang.reflect.Field;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.lang.reflect.WildcardType;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** What {@link Tag} marks on a class; determined once for each class. */
final class TaggedType {
    private static final ClassValue<TaggedType> TYPES = new ClassValue<>() {
        @Override
        protected TaggedType computeValue(Class<?> type) {
            return new TaggedType(type);
        }
    };

    private static final Set<Class<?>> PLAIN = Set.of(
            String.class,
            UUID.class,
            StreamId.class,
            BigInteger.class,
            Long.class,
            Integer.class,
            Short.class,
            Byte.class,
            long.class,
            int.class,
            short.class,
            byte.class);

    private final Set<EventTag> ofType;
    private final List<Component> components;

    private TaggedType(Class<?> type) {
        Set<EventTag> constants = new TreeSet<>();
        collectConstants(type, constants);
        this.ofType = Set.copyOf(constants);
        this.components = componentsOf(type);
    }

    static TaggedType of(Class<?> type) {
        return TYPES.get(type);
    }

    /** The names that an instance can carry. */
    Set<String> names() {
        Set<String> names = new TreeSet<>();
        ofType.forEach(tag -> names.add(tag.name()));
        components.forEach(component -> names.add(component.name));
        return names;
    }

    Set<EventTag> tagsOf(Object instance) {
        if (components.isEmpty()) {
            return ofType;
        }
        Set<EventTag> tags = new LinkedHashSet<>(ofType);
        components.forEach(component -> component.collect(instance, tags));
        return Set.copyOf(tags);
    }

    private static void collectConstants(@Nullable Class<?> type, Set<EventTag> found) {
        if (type == null || type == Object.class) {
            return;
        }
        Tag mark = type.getDeclaredAnnotation(Tag.class);
        if (mark != null) {
            if (mark.value().isEmpty()) {
                throw new IllegalArgumentException("@Tag on the type " + type.getName() + " must name the tag");
            }
            found.add(EventTag.of(checked(mark.value(), type.getName())));
        }
        collectConstants(type.getSuperclass(), found);
        for (Class<?> above : type.getInterfaces()) {
            collectConstants(above, found);
        }
    }

    private static List<Component> componentsOf(Class<?> type) {
        List<Component> marked = new ArrayList<>();
        if (type.isRecord()) {
            for (RecordComponent component : type.getRecordComponents()) {
                Tag mark = markOn(type, component);
                if (mark != null) {
                    marked.add(new Component(
                            type, component.getName(), mark, component.getAccessor(), component.getGenericType()));
                }
            }
            return List.copyOf(marked);
        }
        for (Class<?> owner = type; owner != null && owner != Object.class; owner = owner.getSuperclass()) {
            for (Field field : owner.getDeclaredFields()) {
                Tag mark = field.getAnnotation(Tag.class);
                if (mark != null) {
                    if (Modifier.isStatic(field.getModifiers())) {
                        throw new IllegalArgumentException(
                                "@Tag on " + owner.getName() + "." + field.getName() + " must not mark a static field");
                    }
                    marked.add(new Component(owner, field.getName(), mark, field, field.getGenericType()));
                }
            }
        }
        return List.copyOf(marked);
    }

    /** Kotlin annotates the field of a record, Java also the component. */
    private static @Nullable Tag markOn(Class<?> type, RecordComponent component) {
        Tag mark = component.getAnnotation(Tag.class);
        if (mark != null) {
            return mark;
        }
        try {
            return type.getDeclaredField(component.getName()).getAnnotation(Tag.class);
        } catch (NoSuchFieldException e) {
            throw new IllegalStateException("Every component of a record has a field", e);
        }
    }

    private static String checked(String name, String where) {
        try {
            return EventTag.checkName(name);
        } catch (IllegalArgumentException rule) {
            throw new IllegalArgumentException(
                    "@Tag on " + where + ": " + rule.getMessage() + "; name it in @Tag(\"...\")", rule);
        }
    }

    /** A marked component, and how tags are found in its value. */
    private static final class Component {
        private final String name;
        private final String where;
        private final AccessibleObject member;

        private Component(Class<?> type, String componentName, Tag mark, AccessibleObject member, Type memberType) {
            this.where = type.getName() + "." + componentName;
            this.name = checked(mark.value().isEmpty() ? componentName : mark.value(), where);
            this.member = member;
            member.setAccessible(true);
            checkType(memberType, true);
            if (isPersonal(type, componentName) || holdsPersonalData(memberType)) {
                throw new IllegalArgumentException("@Tag on " + where
                        + " marks personal data, which no erasure would reach in a tag: mark a key or a hash instead");
            }
        }

        private static boolean isPersonal(Class<?> type, String componentName) {
            try {
                return type.getDeclaredField(componentName).isAnnotationPresent(PersonalData.class);
            } catch (NoSuchFieldException e) {
                throw new IllegalStateException("Every component has a field", e);
            }
        }

        /** Whether it wraps a personal component: a record of one value, alone or in a collection. */
        private static boolean holdsPersonalData(Type declared) {
            if (declared instanceof ParameterizedType parameterized) {
                return holdsPersonalData(parameterized.getActualTypeArguments()[0]);
            }
            if (declared instanceof WildcardType wildcard) {
                return holdsPersonalData(wildcard.getUpperBounds()[0]);
            }
            return declared instanceof Class<?> plain
                    && plain.isRecord()
                    && isPersonal(plain, plain.getRecordComponents()[0].getName());
        }

        /** Refuses a type that can never hold the value of a tag, when the class is first seen. */
        private void checkType(Type declared, boolean mayHoldSeveral) {
            if (declared instanceof WildcardType wildcard) {
                checkType(wildcard.getUpperBounds()[0], mayHoldSeveral);
                return;
            }
            if (mayHoldSeveral && declared instanceof ParameterizedType parameterized) {
                Class<?> raw = (Class<?>) parameterized.getRawType();
                if (raw == Optional.class || Collection.class.isAssignableFrom(raw)) {
                    checkType(parameterized.getActualTypeArguments()[0], false);
                    return;
                }
            }
            if (declared instanceof Class<?> plain) {
                if (isPlain(plain)) {
                    return;
                }
                if (plain.isRecord()
                        && plain.getRecordComponents().length == 1
                        && isPlain(plain.getRecordComponents()[0].getType())) {
                    return;
                }
            }
            throw new IllegalArgumentException("@Tag on " + where + " must mark a String, a UUID, a whole number, an"
                    + " enum, a StreamId, a record of one of these, or an Optional or Collection of these; it marks a "
                    + declared.getTypeName());
        }

        private static boolean isPlain(Class<?> type) {
            return PLAIN.contains(type) || type.isEnum();
        }

        void collect(Object instance, Set<EventTag> tags) {
            collectFrom(valueOf(member, instance), tags);
        }

        private void collectFrom(@Nullable Object value, Set<EventTag> tags) {
            if (value == null) {
                throw new NullPointerException(where + " is marked with @Tag and must not be null");
            }
            if (value instanceof Optional<?> optional) {
                optional.ifPresent(inner -> collectFrom(inner, tags));
            } else if (value instanceof Collection<?> collection) {
                collection.forEach(inner -> collectFrom(inner, tags));
            } else if (value instanceof Enum<?> constant) {
                tags.add(tag(constant.name()));
            } else if (!isPlain(value.getClass()) && value.getClass().isRecord()) {
                Method wrapped = value.getClass().getRecordComponents()[0].getAccessor();
                wrapped.setAccessible(true);
                collectFrom(valueOf(wrapped, value), tags);
            } else {
                tags.add(tag(value.toString()));
            }
        }

        private EventTag tag(String value) {
            try {
                return EventTag.of(name, value);
            } catch (IllegalArgumentException rule) {
                throw new IllegalArgumentException("@Tag on " + where + ": " + rule.getMessage(), rule);
            }
        }

        private @Nullable Object valueOf(AccessibleObject from, Object target) {
            try {
                return from instanceof Method method ? method.invoke(target) : ((Field) from).get(target);
            } catch (IllegalAccessException e) {
                throw new IllegalArgumentException(where + " cannot be read", e);
            } catch (InvocationTargetException e) {
                throw new IllegalArgumentException(where + " cannot be read", e.getCause());
            }
        }
    }
}
