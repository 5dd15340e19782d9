package io.eventcore.internal;

import io.eventcore.Event;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.lang.reflect.TypeVariable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** What a class writes for the type variables of an interface that it implements, directly or further up. */
public final class TypeArguments {
    private static final ClassValue<Map<Class<?>, Class<?>>> EVENT_TYPES = new ClassValue<>() {
        @Override
        protected Map<Class<?>, Class<?>> computeValue(Class<?> type) {
            return new ConcurrentHashMap<>();
        }
    };

    private TypeArguments() {}

    /**
     * The type of events that the class of an instance names, looked up once for each class.
     *
     * @param above the interface whose first type parameter is the type of the events
     * @throws IllegalArgumentException if the class names none
     */
    @SuppressWarnings("unchecked") // the compiler has checked the argument
    public static <E extends Event> Class<E> eventTypeOf(Object instance, Class<?> above) {
        Class<?> type = instance.getClass();
        return (Class<E>) EVENT_TYPES
                .get(type)
                .computeIfAbsent(
                        above,
                        declaring -> eventType(
                                type,
                                declaring,
                                0,
                                "name them in " + declaring.getSimpleName() + "<E> or override eventType()"));
    }

    /**
     * What stands for a variable.
     *
     * @param type the class
     * @param above the interface that declares the variable
     * @param variable which one, 0 for the first
     * @return the argument, which may be a variable of the class itself; null if the interface is used without arguments
     */
    public static @Nullable Type of(Class<?> type, Class<?> above, int variable) {
        return resolve(type, new HashMap<>(), above, above.getTypeParameters()[variable]);
    }

    /**
     * The type of events that stands for a variable.
     *
     * @param hint what the class can do instead, for the message
     * @throws IllegalArgumentException if no class of events stands there
     */
    public static Class<?> eventType(Class<?> type, Class<?> above, int variable, String hint) {
        Type resolved = of(type, above, variable);
        if (resolved instanceof ParameterizedType parameterized) {
            resolved = parameterized.getRawType();
        }
        if (resolved instanceof Class<?> eventClass && Event.class.isAssignableFrom(eventClass)) {
            return eventClass;
        }
        throw new IllegalArgumentException(type.getName() + " does not say which events it reads: " + hint);
    }

    private static @Nullable Type resolve(
            Type from, Map<TypeVariable<?>, Type> known, Class<?> above, TypeVariable<?> wanted) {
        Class<?> raw;
        if (from instanceof ParameterizedType parameterized) {
            raw = (Class<?>) parameterized.getRawType();
            Type[] arguments = parameterized.getActualTypeArguments();
            TypeVariable<?>[] variables = raw.getTypeParameters();
            for (int i = 0; i < variables.length; i++) {
                known.put(variables[i], known.getOrDefault(arguments[i], arguments[i]));
            }
        } else {
            raw = (Class<?>) from;
        }
        if (raw == above) {
            return known.get(wanted);
        }
        if (!above.isAssignableFrom(raw)) {
            return null;
        }
        List<Type> parents = new ArrayList<>(List.of(raw.getGenericInterfaces()));
        if (raw.getGenericSuperclass() != null) {
            parents.add(raw.getGenericSuperclass());
        }
        for (Type parent : parents) {
            Type found = resolve(parent, known, above, wanted);
            if (found != null) {
                return found;
            }
        }
        return null;
    }
}
