package io.eventcore.projection;

import io.eventcore.Event;
import io.eventcore.EventDeserializationException;
import io.eventcore.GlobalPosition;
import io.eventcore.RecordedEvent;
import io.eventcore.StoredEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.internal.HandledEvent;
import io.eventcore.internal.HandlesStored;
import io.eventcore.internal.RedactedException;
import io.eventcore.internal.SharedEvent;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A place in the log as a projection meets it: an event, or one that cannot be read. It is decoded when it is first asked
 * for, by the one thread that uses this.
 */
final class LogEntry<E extends Event> {
    private final SharedEvent shared;
    private final StoredEvent stored;
    private final Class<E> eventType;
    private @Nullable RecordedEvent<E> event;
    private @Nullable EventDeserializationException unreadable;

    /** An event as a projection reads it that expects this type. */
    LogEntry(SharedEvent shared, Class<E> eventType) {
        this.shared = shared;
        this.stored = shared.stored();
        this.eventType = eventType;
    }

    /** What of a page belongs to a partition, of this many. */
    static <E extends Event> List<LogEntry<E>> ofPartition(
            LogPage page, int number, int partitions, Class<E> eventType) {
        List<LogEntry<E>> own = new ArrayList<>();
        for (SharedEvent event : page.events()) {
            if (StreamPartitioner.partition(event.stored().streamId(), partitions) == number) {
                own.add(new LogEntry<>(event, eventType));
            }
        }
        return own;
    }

    GlobalPosition position() {
        return stored.position();
    }

    StreamId streamId() {
        return stored.streamId();
    }

    StreamVersion version() {
        return stored.version();
    }

    String typeName() {
        return stored.typeName();
    }

    Instant recordedAt() {
        return stored.recordedAt();
    }

    /** The event; empty if it cannot be read. */
    Optional<RecordedEvent<E>> event() {
        decode();
        return Optional.ofNullable(event);
    }

    /** Gives the event to a projection. */
    void applyTo(Projection<E> projection) throws Exception {
        if (projection instanceof HandlesStored relay) {
            relay.applyStored(stored);
            return;
        }
        decode();
        if (unreadable != null) {
            throw unreadable;
        }
        RecordedEvent<E> decoded = event;
        if (decoded != null) {
            // What this attempt does to the event must not be seen by the next one.
            event = null;
            HandledEvent.during(decoded, () -> projection.apply(decoded));
        }
    }

    /** The checkpoint after this entry. */
    Checkpoint checkpoint() {
        return new Checkpoint(position(), position(), stored.id());
    }

    @SuppressWarnings("unchecked") // The event is found to be of this type.
    private void decode() {
        if (event != null || unreadable != null) {
            return;
        }
        try {
            RecordedEvent<Event> decoded = shared.decode();
            if (eventType.isInstance(decoded.event())) {
                event = (RecordedEvent<E>) decoded;
            } else {
                unreadable = cannotBeRead(
                        "it is a %s, not a %s"
                                .formatted(decoded.event().getClass().getName(), eventType.getName()),
                        null);
            }
        } catch (EventDeserializationException failure) {
            unreadable = failure;
        } catch (LinkageError | AssertionError | StackOverflowError e) {
            unreadable = cannotBeRead("decoding it ended in a " + e.getClass().getName(), RedactedException.of(e, ""));
        }
    }

    private EventDeserializationException cannotBeRead(String problem, @Nullable Throwable cause) {
        return new EventDeserializationException(streamId(), version(), position(), typeName(), problem, cause);
    }
}
