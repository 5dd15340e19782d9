package io.eventcore.serialization;

import io.eventcore.Event;
import java.util.Objects;

/**
 * One of the events that a stored one stands for today. For authors of {@link EventSerializer}s.
 *
 * @param number see {@link io.eventcore.RecordedEvent#part()}: no two parts of an event have the same number
 * @param event the event
 * @since 0.1
 */
public record EventPart(long number, Event event) {
    /**
     * Checks both.
     *
     * @throws IllegalArgumentException if the number is negative
     */
    public EventPart {
        if (number < 0) {
            throw new IllegalArgumentException("The number of a part must not be negative, is " + number);
        }
        Objects.requireNonNull(event, "event");
    }

    /** An event as it was stored. */
    public static EventPart whole(Event event) {
        return new EventPart(0, event);
    }
}
