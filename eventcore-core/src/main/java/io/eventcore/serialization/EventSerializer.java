package io.eventcore.serialization;

import io.eventcore.Event;
import io.eventcore.personaldata.PersonalDataProtection;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Turns events into their stored form and back.
 *
 * <p>The messages of its exceptions must not quote the payload; a store passes them on. Safe for any number of threads.
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
     * The event of a stored form. It chooses a class only among the registered ones, never by stored text.
     *
     * @throws RuntimeException if the name is unknown or the payload does not fit its class
     */
    Event deserialize(SerializedEvent stored);

    /**
     * The events that a stored one stands for today: itself, or what {@link Upcaster}s turn it into. Stores read with
     * this method; they read an appended event back without upcasters, since it is always in its newest shape.
     *
     * @param origin its origin
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
     * How events stored under a name are read; by default as they are, so a wrapper must delegate this method. Called
     * for each event that a relay sends, and for each that stands for no event today: must be fast.
     */
    default NameReading reading(String storedName) {
        return NameReading.AS_STORED;
    }

    /** See {@link EventTypes#readingKey()}; by default empty. */
    default String readingKey() {
        return "";
    }

    /**
     * Seals the personal data of events before they are stored, and opens it before they are deserialized; none by
     * default. With one, {@link #serialize} may return a {@link PersonalEvent}.
     */
    default Optional<PersonalDataProtection> protection() {
        return Optional.empty();
    }
}
