package io.eventcore.serialization.internal;

import io.eventcore.GlobalPosition;
import io.eventcore.StreamId;
import io.eventcore.StreamPattern;
import io.eventcore.StreamPrefix;
import io.eventcore.StreamVersion;
import java.util.List;
import java.util.Set;

/** Classes whose JSON shows all of them although it is not made of their fields: no application can add a field to them. */
final class LibraryTypes {
    /** The JDK, Kotlin's library, trees of JSON, and collections that are known by their elements. */
    private static final List<String> PACKAGES = List.of(
            "java.",
            "javax.",
            "jdk.",
            "sun.",
            "com.sun.",
            "kotlin.",
            "kotlinx.",
            "tools.jackson.",
            "com.fasterxml.jackson.",
            "com.google.common.collect.",
            "org.eclipse.collections.",
            "io.vavr.collection.");

    private static final Set<Class<?>> OURS =
            Set.of(StreamId.class, StreamPrefix.class, StreamPattern.class, StreamVersion.class, GlobalPosition.class);

    private LibraryTypes() {}

    static boolean contain(Class<?> type) {
        Class<?> element = type;
        while (element.isArray()) {
            element = element.getComponentType();
        }
        return element.isPrimitive()
                || OURS.contains(element)
                || PACKAGES.stream().anyMatch(element.getName()::startsWith);
    }

    static boolean isOurs(Class<?> type) {
        return OURS.contains(type);
    }
}
