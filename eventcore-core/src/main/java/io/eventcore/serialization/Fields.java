package io.eventcore.serialization;

import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.List;

/** What an object consists of. */
final class Fields {
    private static final ClassValue<List<Field>> KNOWN = new ClassValue<>() {
        @Override
        protected List<Field> computeValue(Class<?> type) {
            List<Field> fields = declaredBy(type);
            fields.forEach(field -> field.setAccessible(true));
            return fields;
        }
    };

    private Fields() {}

    /**
     * The fields of a class and those above it, but for static and transient ones, accessible.
     *
     * @throws java.lang.reflect.InaccessibleObjectException if the module of the class does not allow that
     */
    static List<Field> of(Class<?> type) {
        return KNOWN.get(type);
    }

    /** The same, not accessible: for code that only needs to know which fields exist, whatever the module allows. */
    static List<Field> declaredBy(Class<?> type) {
        List<Field> fields = new ArrayList<>();
        for (Class<?> level = type; level != null && level != Object.class; level = level.getSuperclass()) {
            for (Field field : level.getDeclaredFields()) {
                if (!Modifier.isStatic(field.getModifiers()) && !Modifier.isTransient(field.getModifiers())) {
                    fields.add(field);
                }
            }
        }
        return List.copyOf(fields);
    }
}
