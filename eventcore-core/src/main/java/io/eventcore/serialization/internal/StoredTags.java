package io.eventcore.serialization.internal;

import io.eventcore.Event;
import io.eventcore.EventDeserializationException;
import io.eventcore.EventTag;
import io.eventcore.RecordedEvent;
import io.eventcore.StoredEvent;
import io.eventcore.internal.RedactedException;
import io.eventcore.serialization.EventSerializer;
import io.eventcore.serialization.PersonalEvent;
import io.eventcore.serialization.SerializedEvent;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Determines the tags that a stored event has today; if upcasters turn it into several events, the tags of all. */
public final class StoredTags {
    private final EventSerializer serializer;
    private final StoredEvent.Decoder decoder;

    public StoredTags(EventSerializer serializer) {
        this.serializer = serializer;
        this.decoder = new EventDecoder(serializer);
    }

    /** Decodes the stored events whose tags are asked for. */
    public StoredEvent.Decoder decoder() {
        return decoder;
    }

    /**
     * Its tags, of those that are wanted.
     *
     * @throws UntoldException if they cannot be determined, or must not be stored: a later write is refused for the
     *     same reasons as an append
     */
    public NavigableSet<EventTag> of(StoredEvent stored, Predicate<EventTag> wanted) throws UntoldException {
        if (!stored.isKnown()) {
            throw new UntoldException("its type is not known here", null);
        }
        NavigableSet<EventTag> said = new TreeSet<>();
        try {
            for (RecordedEvent<Event> part : stored.decode(Event.class)) {
                NavigableSet<EventTag> ofPart = tagsOf(part.event());
                ofPart.removeIf(wanted.negate());
                if (!ofPart.isEmpty()) {
                    checkNothingIsTold(part.event(), stored, ofPart);
                }
                said.addAll(ofPart);
            }
        } catch (EventDeserializationException e) {
            throw new UntoldException("it cannot be read", e);
        }
        return said;
    }

    private static NavigableSet<EventTag> tagsOf(Event event) throws UntoldException {
        try {
            return new TreeSet<>(event.eventTags());
        } catch (RuntimeException e) {
            // Written by users: its text may quote the event.
            throw new UntoldException("its eventTags() fails", RedactedException.of(e, ""));
        }
    }

    private SerializedEvent serialized(Event event) throws UntoldException {
        try {
            return serializer.serialize(event);
        } catch (RuntimeException e) {
            throw new UntoldException("it cannot be serialized", RedactedException.of(e, ""));
        }
    }

    private void checkNothingIsTold(Event event, StoredEvent stored, NavigableSet<EventTag> tags)
            throws UntoldException {
        if (serialized(event) instanceof PersonalEvent personal) {
            Optional<String> problem = StoredForms.problemOf(tags, personal.unsealed(stored.id()));
            if (problem.isPresent()) {
                throw new UntoldException(problem.get(), null);
            }
        }
    }

    /** The tags of an event cannot be determined. The message is the reason, as a clause. */
    public static final class UntoldException extends Exception {
        private static final long serialVersionUID = 1L;

        private UntoldException(String reason, @Nullable Throwable cause) {
            super(reason, cause);
        }

        /** Why; free of data. */
        public String reason() {
            return String.valueOf(getMessage());
        }
    }
}
