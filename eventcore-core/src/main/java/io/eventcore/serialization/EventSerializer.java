package io.eventcore.serialization;

import io.eventcore.Event;
import java.util.Set;

/**
 * Turns events into their stored form and back.
 *
 * <p>Messages of exceptions it throws must not quote the payload; a store passes them on. Safe for any number of
 * threads.
 *
 * @since 0.1
 */
public interface EventSerializer {
    /**
     * The stored form of an event.
     *
     * @throws IllegalArgumentException if the event's class has no stored name
     * @throws RuntimeException if the event cannot be encoded
     */
    SerializedEvent serialize(Event event);

    /**
     * The event of a stored form. A class is chosen only among the registered ones, never by what is stored.
     *
     * @throws RuntimeException if the name is unknown or the payload does not fit its class
     */
    Event deserialize(SerializedEvent stored);

    /**
     * Every name that events readable as {@code type} may be stored under, old names included.
     *
     * @param type an event class, or an interface that stands for the event classes below it
     * @throws IllegalArgumentException if no event class of this type is known
     */
    Set<String> storedNames(Class<? extends Event> type);
}
