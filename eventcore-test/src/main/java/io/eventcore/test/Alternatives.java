package io.eventcore.test;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeName;
import java.util.LinkedHashMap;
import java.util.Map;

/** The classes that may stand where a type is declared, by the names that they have in JSON. */
final class Alternatives {
    private Alternatives() {}

    /** Those that a sealed type permits, and those that Jackson's annotation lists; none for another type. */
    static Map<String, Class<?>> of(Class<?> declared) {
        Map<Class<?>, String> listed = new LinkedHashMap<>();
        JsonSubTypes annotation = declared.getAnnotation(JsonSubTypes.class);
        if (annotation != null) {
            for (JsonSubTypes.Type type : annotation.value()) {
                listed.put(type.value(), type.name());
            }
        }
        if (declared.isSealed()) {
            for (Class<?> permitted : declared.getPermittedSubclasses()) {
                listed.putIfAbsent(permitted, "");
            }
        }
        Map<String, Class<?>> named = new LinkedHashMap<>();
        listed.forEach((type, name) -> named.put(name.isEmpty() ? nameOf(type) : name, type));
        return named;
    }

    private static String nameOf(Class<?> type) {
        JsonTypeName name = type.getAnnotation(JsonTypeName.class);
        return name == null || name.value().isEmpty() ? type.getSimpleName() : name.value();
    }
}
