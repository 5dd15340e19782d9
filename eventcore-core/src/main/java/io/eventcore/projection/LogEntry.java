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
 * A place in the log as a projection meets it: a stored event with all that it stands for, or one that cannot be read. It is
 * decoded when it is first asked for, by the one thread that uses this.
 */
final class LogEntry<E extends Event> {
    private final SharedEvent shared;
    private final StoredEvent stored;
    private final EventFilter filter;
    private final Class<E> eventType;
    private @Nullable List<RecordedEvent<E>> parts;
    private @Nullable EventDeserializationException unreadable;

    /** An event as a projection reads it that wants what a filter wants, and expects this type. */
    LogEntry(SharedEvent shared, EventFilter filter, Class<E> eventType) {
        this.shared = shared;
        this.stored = shared.stored();
        this.filter = filter;
        this.eventType = eventType;
    }

    /** What of a page belongs to a partition, of this many. */
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

    /** The events that it stands for; none if it cannot be read, or if upcasters drop it. */
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

    /** Gives the events that it stands for to a projection, all of them or up to the one that fails. */
    void applyTo(Projection<E> projection) throws Exception {
        if (projection instanceof HandlesStored relay) {
            applyStored(relay);
            return;
        }
        for (RecordedEvent<E> part : taken()) {
            HandledEvent.during(part, () -> projection.apply(part));
        }
    }

    /** Its events, for one attempt: what that does to them must not be seen by the next one. */
    private List<RecordedEvent<E>> taken() {
        List<RecordedEvent<E>> decoded = events();
        if (unreadable != null) {
            throw unreadable;
        }
        parts = null;
        return decoded;
    }

    /** What the events that it stands for say about deadlines. */
    List<DeadlineChange> deadlines(SetsDeadlines rule) throws Exception {
        List<DeadlineChange> changes = new ArrayList<>();
        for (RecordedEvent<E> part : taken()) {
            rule.tell(part, new ToldDeadlines(part, changes));
        }
        return changes;
    }

    /** Executes the deadline that a part of it has set; nothing happens if upcasters make no such part any more. */
    void execute(long number, SetsDeadlines rule) throws Exception {
        for (RecordedEvent<E> part : taken()) {
            if (part.part() == number) {
                HandledEvent.during(part, () -> rule.execute(part));
            }
        }
    }

    /** A relay gets what upcasters make of it; it may decode that after all, for which it may need what cannot be had. */
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

    /** An erasure is for projections that ask for it; to the others it is nothing. */
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

    /** What an event is decoded by, the keys of its personal data, could not be had: no fault of the event. */
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
