package io.eventcore.internal;

import io.eventcore.Event;
import io.eventcore.EventDeserializationException;
import io.eventcore.EventMetadata;
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
    private static final byte[] NO_BYTES = {};

    private final StoredEvent stored;

    /** What all get; none as long as none has asked, and for good if each needs a copy. */
    private volatile @Nullable List<RecordedEvent<Event>> kept;

    private volatile @Nullable EventDeserializationException unreadable;
    private volatile boolean personal;

    /** An event that is not decoded yet. */
    public SharedEvent(StoredEvent stored) {
        this.stored = stored;
    }

    /** This event at another place: what is kept of it stays. */
    public SharedEvent at(StreamVersion version, GlobalPosition position) {
        SharedEvent moved = new SharedEvent(stored.at(version, position));
        moved.personal = personal;
        List<RecordedEvent<Event>> same = kept;
        if (same != null) {
            moved.kept = same.size() == 1
                    ? List.of(at(version, position, same.get(0), same.get(0).metadata()))
                    : same.stream()
                            .map(part -> at(version, position, part, part.metadata()))
                            .toList();
        }
        return moved;
    }

    /**
     * This event for code that never asks for its metadata. If it was decoded permanently, its bytes are dropped too,
     * and {@link #stored()} returns only its place and its id.
     */
    public SharedEvent compact() {
        List<RecordedEvent<Event>> same = kept;
        if (same == null || same.isEmpty()) {
            return this;
        }
        List<RecordedEvent<Event>> bare = same.stream()
                .map(part -> at(stored.version(), stored.position(), part, EventMetadata.empty()))
                .toList();
        SharedEvent compact = new SharedEvent(StoredEvent.of(
                stored.streamId(),
                stored.version(),
                stored.position(),
                stored.id(),
                stored.recordedAt(),
                stored.typeName(),
                NO_BYTES,
                NO_BYTES,
                form -> bare));
        compact.kept = bare;
        return compact;
    }

    private static RecordedEvent<Event> at(
            StreamVersion version, GlobalPosition position, RecordedEvent<Event> event, EventMetadata metadata) {
        return RecordedEvent.of(
                        event.event(),
                        event.id(),
                        event.streamId(),
                        version,
                        position,
                        event.typeName(),
                        metadata,
                        event.recordedAt())
                .withPart(event.part());
    }

    /** Whether it was found to hold personal data when it was decoded; false before that. */
    public boolean holdsPersonalData() {
        return personal;
    }

    /**
     * Whether what it stands for is decoded for good: no key, no erasure and no later attempt to decode it can change
     * that.
     */
    public boolean isKept() {
        List<RecordedEvent<Event>> same = kept;
        // Of nothing one cannot tell whether it was personal data.
        return same != null && !same.isEmpty();
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
            if (holdPersonalData(decoded)) {
                personal = true;
            } else if (areImmutable(decoded)) {
                kept = decoded;
            }
            return decoded;
        } catch (EventDeserializationException e) {
            unreadable = e;
            throw e;
        }
    }

    /** Personal data may be erased, which what is kept would not know. */
    private static boolean holdPersonalData(List<RecordedEvent<Event>> decoded) {
        // By index: this runs for each event that is read.
        for (int i = 0; i < decoded.size(); i++) {
            if (decoded.get(i).holdsPersonalData()) {
                return true;
            }
        }
        return false;
    }

    private static boolean areImmutable(List<RecordedEvent<Event>> decoded) {
        for (int i = 0; i < decoded.size(); i++) {
            if (!ImmutableValues.isImmutable(decoded.get(i).event())) {
                return false;
            }
        }
        return true;
    }

    /** Whether nothing can ever change this event, so that it is the same whenever it is looked at. */
    public static boolean isImmutable(Event event) {
        return ImmutableValues.isImmutable(event);
    }
}
