package io.eventcore.internal;

import io.eventcore.Event;
import io.eventcore.EventFilter;
import io.eventcore.RawEvent;
import java.util.List;

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
}
