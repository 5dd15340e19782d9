package io.eventcore.projection;

import io.eventcore.Event;
import io.eventcore.EventDeserializationException;
import io.eventcore.EventFilter;
import io.eventcore.EventStoreException;
import io.eventcore.EventStoreUnavailableException;
import io.eventcore.GlobalPosition;
import io.eventcore.RawEvent;
import io.eventcore.RecordedEvent;
import io.eventcore.StoredEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.TransientEventStoreException;
import io.eventcore.internal.HandledEvent;
import io.eventcore.internal.HandlesStored;
import io.eventcore.internal.OwnThreads;
import io.eventcore.internal.RedactedException;
import io.eventcore.internal.SetsDeadlines;
import io.eventcore.internal.SharedEvent;
import io.eventcore.personaldata.SubjectErased;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A place in the log as a projection sees it: a stored event with the events that upcasters make of it, or one that
 * cannot be read. Decodes the event on first use. Used by one thread.
 */
final class LogEntry<E extends Event> {
    private final SharedEvent shared;
    private final StoredEvent stored;
    private final EventFilter filter;
    private final Class<E> eventType;
    private @Nullable List<RecordedEvent<E>> parts;
    private @Nullable EventDeserializationException unreadable;

    /** An event as it is read by a projection with this filter and event type. */
    LogEntry(SharedEvent shared, EventFilter filter, Class<E> eventType) {
        this.shared = shared;
        this.stored = shared.stored();
        this.filter = filter;
        this.eventType = eventType;
    }

    /** The events of a page that belong to a partition; {@code partitions} is how many there are. */
    static <E extends Event> List<LogEntry<E>> ofPartition(
            LogPage page, int number, int partitions, EventFilter filter, Class<E> eventType) {
        List<LogEntry<E>> own = new ArrayList<>();
        for (SharedEvent event : page.events()) {
            if (StreamPartitioner.partition(event.stored().streamId(), partitions) == number) {
                own.add(new LogEntry<>(event, filter, eventType));
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

    /** The events that upcasters make of it; none if it cannot be read, or if upcasters drop it. */
    List<RecordedEvent<E>> events() {
        decode();
        List<RecordedEvent<E>> decoded = parts == null ? List.of() : parts;
        for (int i = 0; i < decoded.size(); i++) {
            if (decoded.get(i).holdsPersonalData()) {
                // The subject may be erased before the next attempt.
                parts = null;
            }
        }
        return decoded;
    }

    /** Gives its events to a projection: all of them, or up to the first one that fails. */
    void applyTo(Projection<E> projection) throws Exception {
        if (projection instanceof HandlesStored relay) {
            applyStored(relay);
            return;
        }
        for (RecordedEvent<E> part : taken()) {
            HandledEvent.during(part, () -> projection.apply(part));
        }
    }

    /** Its events, for one attempt. The next attempt must not see what this one does to them. */
    private List<RecordedEvent<E>> taken() {
        List<RecordedEvent<E>> decoded = events();
        if (unreadable != null) {
            throw unreadable;
        }
        parts = null;
        return decoded;
    }

    /** What its events say about deadlines. */
    List<DeadlineChange> deadlines(SetsDeadlines rule) throws Exception {
        List<DeadlineChange> changes = new ArrayList<>();
        for (RecordedEvent<E> part : taken()) {
            rule.tell(part, new ToldDeadlines(part, changes));
        }
        return changes;
    }

    /** Executes the deadline that a part of it has set; does nothing if upcasters no longer make that part. */
    void execute(long number, SetsDeadlines rule) throws Exception {
        for (RecordedEvent<E> part : taken()) {
            if (part.part() == number) {
                HandledEvent.during(part, () -> rule.execute(part));
            }
        }
    }

    /**
     * A relay receives what upcasters make of the event. If the relay decodes that, it may need keys that are not
     * available.
     */
    private void applyStored(HandlesStored relay) throws Exception {
        try {
            for (StoredEvent part : stored.upcast(filter)) {
                relay.applyStored(part);
            }
        } catch (TransientEventStoreException | EventStoreUnavailableException e) {
            throw new NotDecodedException(e);
        }
    }

    /** Whether the type of the event is known. */
    boolean isKnown() {
        return stored.isKnown();
    }

    /** The checkpoint after this entry. */
    Checkpoint checkpoint() {
        return new Checkpoint(position(), position(), stored.id());
    }

    @SuppressWarnings("unchecked") // The events are found to be of this type.
    private void decode() {
        if (parts != null || unreadable != null) {
            return;
        }
        try {
            List<RecordedEvent<Event>> decoded = filter.only(shared.decode());
            // By index: this runs for each event that is read.
            for (int i = 0; i < decoded.size(); i++) {
                if (!eventType.isInstance(decoded.get(i).event())) {
                    decoded = withoutErasures(decoded);
                    break;
                }
            }
            for (int i = 0; i < decoded.size(); i++) {
                if (!eventType.isInstance(decoded.get(i).event())) {
                    unreadable = isNot(decoded.get(i).event());
                    return;
                }
            }
            parts = (List<RecordedEvent<E>>) (List<?>) decoded;
        } catch (EventDeserializationException failure) {
            unreadable = failure;
        } catch (TransientEventStoreException | EventStoreUnavailableException e) {
            throw new NotDecodedException(e);
        } catch (Error e) {
            if (OwnThreads.isTroubleOfTheProcess(e)) {
                throw e;
            }
            unreadable =
                    cannotBeRead("decoding it failed with a " + e.getClass().getName(), RedactedException.of(e, ""));
        }
    }

    /** Only projections that ask for erasures receive them. */
    private List<RecordedEvent<Event>> withoutErasures(List<RecordedEvent<Event>> decoded) {
        return decoded.stream()
                .filter(part -> eventType.isInstance(part.event()) || !(part.event() instanceof SubjectErased))
                .toList();
    }

    private EventDeserializationException isNot(Event event) {
        String problem = event instanceof RawEvent
                ? "no event class is registered under this name, and the projection reads it not as an Event but as a "
                        + eventType.getName()
                : "it is a %s, not a %s".formatted(event.getClass().getName(), eventType.getName());
        return cannotBeRead(problem, null);
    }

    /**
     * The event could not be decoded because the keys of its personal data were not available. The event is not the
     * cause.
     */
    static final class NotDecodedException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        private NotDecodedException(EventStoreException cause) {
            super(cause.getMessage(), cause);
        }
    }

    private EventDeserializationException cannotBeRead(String problem, @Nullable Throwable cause) {
        return new EventDeserializationException(streamId(), version(), position(), typeName(), problem, cause);
    }
}
