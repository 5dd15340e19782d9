package io.eventcore.serialization.internal;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonIgnoreType;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.HashSet;
import java.util.Iterator;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.AnnotationIntrospector;
import tools.jackson.databind.BeanDescription;
import tools.jackson.databind.SerializationConfig;
import tools.jackson.databind.introspect.AnnotatedClass;
import tools.jackson.databind.introspect.AnnotatedField;
import tools.jackson.databind.introspect.AnnotatedMember;
import tools.jackson.databind.introspect.AnnotatedMethod;
import tools.jackson.databind.ser.PropertyWriter;

/** Finds fields of a class, inherited ones included, that its JSON does not show although the author did not say so. */
final class HiddenFields {
    private HiddenFields() {}

    static Optional<Field> first(
            SerializationConfig config, BeanDescription bean, Iterator<? extends PropertyWriter> properties) {
        Set<Field> shownFields = new HashSet<>();
        Set<String> shownNames = new HashSet<>();
        properties.forEachRemaining(property -> {
            AnnotatedMember member = property.getMember();
            if (member instanceof AnnotatedField field) {
                shownFields.add(field.getAnnotated());
            } else if (member != null) {
                shownNames.addAll(namesBehind(member.getName()));
            }
        });
        Set<String> ignored = ignored(config, bean);
        return fieldsOf(bean.getBeanClass())
                .filter(field -> !shownFields.contains(field))
                .filter(field -> field.isSynthetic() || !shownNames.contains(nameOf(field)))
                .filter(field -> !ignored.contains(field.getName()) && !isIgnored(field))
                .findFirst();
    }

    private static Stream<Field> fieldsOf(Class<?> type) {
        return Stream.<Class<?>>iterate(type, HiddenFields::isOwner, Class::getSuperclass)
                .flatMap(owner -> Stream.of(owner.getDeclaredFields()))
                .filter(field -> !Modifier.isStatic(field.getModifiers()));
    }

    private static boolean isOwner(@Nullable Class<?> type) {
        return type != null && type != Object.class;
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

    private static Set<String> ignored(SerializationConfig config, BeanDescription bean) {
        AnnotatedClass type = bean.getClassInfo();
        AnnotationIntrospector annotations = config.getAnnotationIntrospector();
        Set<String> names = new HashSet<>();
        for (AnnotatedMethod method : type.memberMethods()) {
            if (annotations.hasIgnoreMarker(config, method)) {
                names.addAll(namesBehind(method.getName()));
            }
        }
        for (AnnotatedField field : type.fields()) {
            if (annotations.hasIgnoreMarker(config, field)) {
                names.add(field.getName());
            }
        }
        names.addAll(
                config.getDefaultPropertyIgnorals(bean.getBeanClass(), type).findIgnoredForSerialization());
        return names;
    }

    /** Jackson does not look at the annotations of fields that are transient. */
    private static boolean isIgnored(Field field) {
        JsonIgnore ignore = field.getAnnotation(JsonIgnore.class);
        return (ignore != null && ignore.value()) || field.getType().isAnnotationPresent(JsonIgnoreType.class);
    }
}
