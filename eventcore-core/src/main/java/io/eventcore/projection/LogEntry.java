package io.eventcore.projection;

import io.eventcore.Event;
import io.eventcore.EventDeserializationException;
import io.eventcore.GlobalPosition;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.internal.HandledEvent;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A place in the log as a projection meets it: an event, or one that cannot be read.
 *
 * @param event the event; null if it cannot be read
 * @param unreadable why it cannot be read; null if it can
 */
record LogEntry<E extends Event>(
        @Nullable RecordedEvent<E> event, @Nullable EventDeserializationException unreadable) {

    static <E extends Event> LogEntry<E> of(RecordedEvent<E> event) {
        return new LogEntry<>(event, null);
    }

    static <E extends Event> LogEntry<E> unreadable(EventDeserializationException failure) {
        return new LogEntry<>(null, failure);
    }

    /** This entry as a projection reads it that expects another type. */
    @SuppressWarnings("unchecked") // The event was found to be of this type.
    <T extends Event> LogEntry<T> as(Class<T> eventType) {
        if (event == null || eventType.isInstance(event.event())) {
            return (LogEntry<T>) this;
        }
        String problem =
                "it is a %s, not a %s".formatted(event.event().getClass().getName(), eventType.getName());
        return unreadable(new EventDeserializationException(
                event.streamId(), event.version(), event.position(), event.typeName(), problem, null));
    }

    GlobalPosition position() {
        return event != null ? event.position() : failure().position();
    }

    StreamId streamId() {
        return event != null ? event.streamId() : failure().streamId();
    }

    StreamVersion version() {
        return event != null ? event.version() : failure().version();
    }

    String typeName() {
        return event != null ? event.typeName() : failure().typeName();
    }

    /** When it was recorded; the beginning of time if that cannot be read either. */
    Instant recordedAt() {
        return event != null ? event.recordedAt() : Instant.EPOCH;
    }

    /** Whether it can be the event with this id. Of an event that cannot be read the id is not known. */
    boolean holds(UUID eventId) {
        return event == null || event.id().equals(eventId);
    }

    /** Gives the event to a projection. */
    void applyTo(Projection<E> projection) throws Exception {
        if (event == null) {
            throw failure();
        }
        HandledEvent.during(event, () -> projection.apply(event));
    }

    /** The checkpoint after this entry. */
    Checkpoint after(Checkpoint before) {
        return event != null ? before.after(event) : before.movedTo(position());
    }

    private EventDeserializationException failure() {
        if (unreadable == null) {
            throw new IllegalStateException("An entry is neither an event nor a failure");
        }
        return unreadable;
    }
}
