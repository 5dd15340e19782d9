package io.eventcore.serialization.internal;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonIgnoreType;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.AnnotationIntrospector;
import tools.jackson.databind.BeanDescription;
import tools.jackson.databind.SerializationContext;
import tools.jackson.databind.ValueSerializer;
import tools.jackson.databind.cfg.MapperConfig;
import tools.jackson.databind.introspect.AnnotatedClass;
import tools.jackson.databind.introspect.AnnotatedField;
import tools.jackson.databind.introspect.AnnotatedMember;
import tools.jackson.databind.introspect.AnnotatedMethod;
import tools.jackson.databind.ser.PropertyWriter;
import tools.jackson.databind.ser.jackson.JsonValueSerializer;

/** Finds fields of a class, inherited ones included, that its JSON does not show although the author did not say so. */
final class HiddenFields {
    private final MapperConfig<?> config;
    private final AnnotatedClass type;

    private HiddenFields(MapperConfig<?> config, AnnotatedClass type) {
        this.config = config;
        this.type = type;
    }

    /**
     * A field that a JSON may not show.
     *
     * @param isOfBean whether the JSON is made of the properties of the class
     */
    record Hidden(Field field, boolean isOfBean) {}

    /** Of a class whose JSON is made of properties. */
    static Optional<Hidden> ofBean(
            MapperConfig<?> config, BeanDescription bean, Iterator<? extends PropertyWriter> properties) {
        List<AnnotatedMember> members = new ArrayList<>();
        properties.forEachRemaining(property -> {
            if (property.getMember() != null) {
                members.add(property.getMember());
            }
        });
        return new HiddenFields(config, bean.getClassInfo()).first(members, field -> true, true);
    }

    /** Of a class whose JSON is made by a serializer of its own, or as that of a class of the JDK that it extends. */
    static Optional<Hidden> behind(MapperConfig<?> config, BeanDescription description, ValueSerializer<?> serializer) {
        AnnotatedMember value = description.findJsonValueAccessor();
        return value != null && serializer instanceof JsonValueSerializer
                ? behindValue(config, description.getClassInfo(), value)
                : behindLibrary(config, description.getClassInfo());
    }

    /** Of a class that has one member written in its place, by {@code @JsonValue}. */
    static Optional<Hidden> behindValue(MapperConfig<?> config, AnnotatedClass type, AnnotatedMember value) {
        return new HiddenFields(config, type).first(List.of(value), field -> true, false);
    }

    private static Optional<Hidden> behindLibrary(MapperConfig<?> config, AnnotatedClass type) {
        return isValueClassOfKotlin(type.getRawType())
                ? Optional.empty()
                : new HiddenFields(config, type)
                        .first(List.of(), field -> !LibraryTypes.contain(field.getDeclaringClass()), false);
    }

    /**
     * Refuses a collection or a map that has fields beside what it holds.
     *
     * @throws HiddenFieldException with the field
     */
    static void refuseBeside(Object container, SerializationContext context) {
        Class<?> type = container.getClass();
        if (!LibraryTypes.contain(type)) {
            behindLibrary(context.getConfig(), context.introspectClassAnnotations(type))
                    .ifPresent(hidden -> {
                        throw new HiddenFieldException(hidden);
                    });
        }
    }

    /** Has one field, which Kotlin's module writes in its place. */
    private static boolean isValueClassOfKotlin(Class<?> type) {
        return Stream.of(type.getAnnotations())
                .anyMatch(annotation -> annotation.annotationType().getName().equals("kotlin.jvm.JvmInline"));
    }

    /** The first field that none of the members shows and no annotation leaves out. */
    private Optional<Hidden> first(List<AnnotatedMember> members, Predicate<Field> counts, boolean isOfBean) {
        Set<Field> shown = new HashSet<>();
        for (AnnotatedMember member : members) {
            if (member instanceof AnnotatedField field) {
                shown.add(field.getAnnotated());
            } else if (member instanceof AnnotatedMethod method) {
                shown.addAll(fieldsBehind(method));
            }
        }
        shown.addAll(ignored());
        return levels(type.getRawType())
                .flatMap(HiddenFields::fieldsOf)
                .filter(field -> counts.test(field) && !shown.contains(field) && !isIgnored(field))
                .findFirst()
                .map(field -> new Hidden(field, isOfBean));
    }

    private static Stream<Class<?>> levels(Class<?> type) {
        return Stream.<Class<?>>iterate(type, HiddenFields::isOwner, Class::getSuperclass);
    }

    private static boolean isOwner(@Nullable Class<?> type) {
        return type != null && type != Object.class;
    }

    private static Stream<Field> fieldsOf(Class<?> level) {
        return Stream.of(level.getDeclaredFields()).filter(field -> !Modifier.isStatic(field.getModifiers()));
    }

    /** The fields that a method shows by its name: those that it sees, not others of their names that these hide from it. */
    private List<Field> fieldsBehind(AnnotatedMethod method) {
        Class<?> owner = method.getDeclaringClass();
        boolean isInherited = !owner.isInterface() && owner.isAssignableFrom(type.getRawType());
        return nearest(isInherited ? owner : type.getRawType(), namesBehind(method.getName()));
    }

    private static List<Field> nearest(Class<?> from, Set<String> names) {
        return levels(from)
                .map(level -> fieldsOf(level)
                        .filter(field -> !field.isSynthetic() && names.contains(nameOf(field)))
                        .toList())
                .filter(fields -> !fields.isEmpty())
                .findFirst()
                .orElse(List.of());
    }

    /** A delegated property of Kotlin keeps its delegate in a field of its own. */
    private static String nameOf(Field field) {
        String name = field.getName();
        return name.endsWith("$delegate") ? name.substring(0, name.indexOf('$')) : name;
    }

    /** The fields that a method may show by its name. Kotlin adds a suffix for internal properties and value classes. */
    private static Set<String> namesBehind(String method) {
        String name = method.split("[-$]", 2)[0];
        Set<String> names = new HashSet<>(Set.of(name));
        for (String prefix : new String[] {"get", "is"}) {
            if (name.startsWith(prefix) && name.length() > prefix.length()) {
                String rest = name.substring(prefix.length());
                names.add(rest);
                names.add(rest.substring(0, 1).toLowerCase(Locale.ROOT) + rest.substring(1));
            }
        }
        return names;
    }

    private Set<Field> ignored() {
        AnnotationIntrospector annotations = config.getAnnotationIntrospector();
        Set<Field> fields = new HashSet<>();
        for (AnnotatedMethod method : type.memberMethods()) {
            if (annotations.hasIgnoreMarker(config, method)) {
                fields.addAll(fieldsBehind(method));
            }
        }
        for (AnnotatedField field : type.fields()) {
            if (annotations.hasIgnoreMarker(config, field)) {
                fields.add(field.getAnnotated());
            }
        }
        for (String name :
                config.getDefaultPropertyIgnorals(type.getRawType(), type).findIgnoredForSerialization()) {
            fields.addAll(nearest(type.getRawType(), Set.of(name)));
        }
        return fields;
    }

    /** Jackson does not look at the annotations of fields that are transient. */
    private static boolean isIgnored(Field field) {
        JsonIgnore ignore = field.getAnnotation(JsonIgnore.class);
        return (ignore != null && ignore.value()) || field.getType().isAnnotationPresent(JsonIgnoreType.class);
    }
}
