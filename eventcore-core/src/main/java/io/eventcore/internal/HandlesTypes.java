package io.eventcore.internal;

import io.eventcore.Event;
import java.util.List;

/** A projection or a reaction that has functions for types of events. */
public interface HandlesTypes {
    /** The types; each must stand for a registered class, or its function would never be called. */
    List<Class<? extends Event>> handledTypes();

    /** The types of {@code handler}, if it tells them. */
    static List<Class<? extends Event>> of(Object handler) {
        return handler instanceof HandlesTypes types ? types.handledTypes() : List.of();
    }
}
