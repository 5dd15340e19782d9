package io.eventcore.internal;

import io.eventcore.Event;
import io.eventcore.EventDeserializationException;
import io.eventcore.GlobalPosition;
import io.eventcore.RecordedEvent;
import io.eventcore.StoredEvent;
import io.eventcore.StreamVersion;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A stored event that is decoded for several pieces of user code: one object for all of them if nothing can change it, else
 * one for each.
 *
 * <p>Nothing can change an event whose fields are final and hold nothing but values, enums, records of such, and collections
 * made by {@code List.copyOf} and the like. Such an event is decoded once, and kept. Safe for any number of threads.
 */
public final class SharedEvent {
    private final StoredEvent stored;

    /** What all get; none as long as none has asked, and for good if each needs a copy. */
    private volatile @Nullable List<RecordedEvent<Event>> kept;

    private volatile @Nullable EventDeserializationException unreadable;

    /** An event that is not decoded yet. */
    public SharedEvent(StoredEvent stored) {
        this.stored = stored;
    }

    /** This event at another place: what is kept of it stays. */
    public SharedEvent at(StreamVersion version, GlobalPosition position) {
        SharedEvent moved = new SharedEvent(stored.at(version, position));
        List<RecordedEvent<Event>> same = kept;
        if (same != null) {
            moved.kept = same.size() == 1
                    ? List.of(at(version, position, same.get(0)))
                    : same.stream().map(part -> at(version, position, part)).toList();
        }
        return moved;
    }

    private static RecordedEvent<Event> at(StreamVersion version, GlobalPosition position, RecordedEvent<Event> event) {
        return RecordedEvent.of(
                        event.event(),
                        event.id(),
                        event.streamId(),
                        version,
                        position,
                        event.typeName(),
                        event.metadata(),
                        event.recordedAt())
                .withPart(event.part());
    }

    /** The event as it is stored. */
    public StoredEvent stored() {
        return stored;
    }

    /**
     * The events that it stands for, for one more piece of user code: one, unless upcasters make several or none of it.
     *
     * @throws EventDeserializationException if it cannot be decoded; the same one each time
     */
    public List<RecordedEvent<Event>> decode() {
        List<RecordedEvent<Event>> same = kept;
        if (same != null) {
            return same;
        }
        EventDeserializationException failure = unreadable;
        if (failure != null) {
            throw failure;
        }
        try {
            List<RecordedEvent<Event>> decoded = stored.decode(Event.class);
            if (mayBeKept(decoded)) {
                kept = decoded;
            }
            return decoded;
        } catch (EventDeserializationException e) {
            unreadable = e;
            throw e;
        }
    }

    /** Nothing can change it; and personal data may be erased, which what is kept would not know. */
    private static boolean mayBeKept(List<RecordedEvent<Event>> decoded) {
        // By index: this runs for each event that is read.
        for (int i = 0; i < decoded.size(); i++) {
            RecordedEvent<Event> part = decoded.get(i);
            if (part.holdsPersonalData() || !ImmutableValues.isImmutable(part.event())) {
                return false;
            }
        }
        return true;
    }
}
