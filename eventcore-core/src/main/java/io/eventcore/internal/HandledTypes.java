package io.eventcore.internal;

import io.eventcore.Event;
import io.eventcore.EventFilter;
import io.eventcore.RawEvent;
import java.lang.reflect.Modifier;
import java.util.List;
import java.util.stream.Stream;

/** The types that a projection or a reaction made of functions has a function for. */
public final class HandledTypes {
    private HandledTypes() {}

    /**
     * A filter narrowed to these types. It stays as it is if it names types itself, if there is no function, or if one of
     * them takes every event, or those of unknown types, which no filter can name.
     *
     * @param eventType the type that events are read as
     */
    public static EventFilter narrow(
            EventFilter filter, Class<? extends Event> eventType, List<Class<? extends Event>> types) {
        boolean all = types.isEmpty()
                || types.contains(RawEvent.class)
                || types.stream().anyMatch(type -> type.isAssignableFrom(eventType));
        if (all || !filter.types().isEmpty()) {
            return filter;
        }
        EventFilter narrowed = filter;
        for (Class<? extends Event> type : types) {
            narrowed = narrowed.ofTypes(type);
        }
        return narrowed;
    }

    /** Whether there may be a class that is of both types, as far as they tell. */
    public static boolean mayMeet(Class<?> one, Class<?> other) {
        if (one.isAssignableFrom(other) || other.isAssignableFrom(one)) {
            return true;
        }
        if (one.isSealed()) {
            return Stream.of(one.getPermittedSubclasses()).anyMatch(below -> mayMeet(below, other));
        }
        if (other.isSealed()) {
            return mayMeet(other, one);
        }
        return (one.isInterface() && !Modifier.isFinal(other.getModifiers()))
                || (other.isInterface() && !Modifier.isFinal(one.getModifiers()));
    }
}
