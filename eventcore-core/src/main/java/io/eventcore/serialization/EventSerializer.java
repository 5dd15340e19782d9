package io.eventcore.serialization;

import io.eventcore.Event;
import io.eventcore.personaldata.PersonalDataProtection;
import java.util.List;
import java.util.Optional;
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
     * The events that a stored one stands for today: itself, or what {@link Upcaster}s make of it. This is what stores read
     * by; what is appended is read back without upcasters, for it is always in its newest shape.
     *
     * @param origin where it comes from
     * @return the events in order, with their numbers; none if the event was dropped. By default the one event of
     *     {@link #deserialize(SerializedEvent)}
     * @throws RuntimeException as {@link #deserialize(SerializedEvent)}, or if an upcaster fails
     */
    default List<EventPart> deserialize(SerializedEvent stored, EventOrigin origin) {
        return List.of(EventPart.whole(deserialize(stored)));
    }

    /**
     * Every name that events readable as {@code type} may be stored under, old names included, and those from which
     * upcasters lead to such events.
     *
     * @param type an event class, or an interface that stands for the event classes below it
     * @throws IllegalArgumentException if no event class of this type is known
     */
    Set<String> storedNames(Class<? extends Event> type);

    /**
     * How what is stored under a name is read; by default as it is, so who wraps a serializer passes this on. Asked for each
     * event that a relay sends, and for each that stands for nothing: must be quick.
     */
    default NameReading reading(String storedName) {
        return NameReading.AS_STORED;
    }

    /** See {@link EventTypes#readingKey()}; by default empty. */
    default String readingKey() {
        return "";
    }

    /**
     * What seals the personal data of events before they are stored, and opens it before they are deserialized; none by default.
     * With one, {@link #serialize} may give a {@link PersonalEvent}.
     */
    default Optional<PersonalDataProtection> protection() {
        return Optional.empty();
    }
}
