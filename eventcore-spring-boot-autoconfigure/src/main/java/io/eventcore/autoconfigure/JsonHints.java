package io.eventcore.autoconfigure;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Set;
import org.springframework.aot.hint.BindingReflectionHintsRegistrar;
import org.springframework.aot.hint.ReflectionHints;
import org.springframework.core.ResolvableType;

/**
 * Registers for a native image what is written and read as JSON: types, the types of their components, and the subtypes
 * that may occur there, which only their base type refers to.
 */
final class JsonHints {
    private final ReflectionHints hints;
    private final BindingReflectionHintsRegistrar binding = new BindingReflectionHintsRegistrar();
    private final Set<Class<?>> seen = new HashSet<>();
    private final Deque<Class<?>> waiting = new ArrayDeque<>();

    JsonHints(ReflectionHints hints) {
        this.hints = hints;
    }

    /** Registers a type and whatever its JSON may hold. */
    void register(Class<?> type) {
        add(type);
        while (!waiting.isEmpty()) {
            Class<?> next = waiting.remove();
            binding.registerReflectionHints(hints, next);
            addSubtypes(next);
            for (Class<?> level = next; level != null && level != Object.class; level = level.getSuperclass()) {
                addMembers(level);
            }
        }
    }

    private void addMembers(Class<?> type) {
        for (Field field : type.getDeclaredFields()) {
            addSubtypes(field);
            add(ResolvableType.forField(field));
        }
        for (Method method : type.getDeclaredMethods()) {
            addSubtypes(method);
        }
    }

    private void addSubtypes(AnnotatedElement element) {
        JsonSubTypes declared = element.getAnnotation(JsonSubTypes.class);
        if (declared != null) {
            for (JsonSubTypes.Type subtype : declared.value()) {
                add(subtype.value());
            }
        }
        if (element instanceof Class<?> type && type.isSealed()) {
            for (Class<?> permitted : type.getPermittedSubclasses()) {
                add(permitted);
            }
        }
    }

    private void add(ResolvableType type) {
        add(type.toClass());
        if (type.isArray()) {
            add(type.getComponentType());
        }
        for (ResolvableType argument : type.getGenerics()) {
            if (!argument.equalsType(type)) {
                add(argument);
            }
        }
    }

    private void add(Class<?> type) {
        boolean ofThePlatform =
                type.isPrimitive() || type.isArray() || type.getName().startsWith("java.");
        if (!ofThePlatform && seen.add(type)) {
            waiting.add(type);
        }
    }
}
