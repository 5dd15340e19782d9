package io.eventcore.serialization.internal;

import io.eventcore.Event;
import io.eventcore.EventDeserializationException;
import io.eventcore.EventFilter;
import io.eventcore.EventMetadata;
import io.eventcore.EventStoreException;
import io.eventcore.RecordedEvent;
import io.eventcore.StoredEvent;
import io.eventcore.internal.OwnThreads;
import io.eventcore.internal.RedactedException;
import io.eventcore.personaldata.PersonalDataException;
import io.eventcore.personaldata.PersonalDataProtection;
import io.eventcore.personaldata.SubjectErased;
import io.eventcore.serialization.EventOrigin;
import io.eventcore.serialization.EventPart;
import io.eventcore.serialization.EventSerializer;
import io.eventcore.serialization.NameReading;
import io.eventcore.serialization.PersonalEvent;
import io.eventcore.serialization.SerializedEvent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes events of what a store holds, and names the place when that fails: for all stores, the only code that does. */
public final class EventDecoder implements StoredEvent.Decoder {
    private static final String NOT_WRITTEN = "it cannot be written in its current shape: ";
    private static final Logger LOG = LoggerFactory.getLogger(EventDecoder.class);

    private final EventSerializer serializer;
    private final @Nullable PersonalDataProtection protection;

    /** That of the event before: events that were appended together share theirs. Threads may overwrite each other's. */
    private Known known = new Known(new byte[0], EventMetadata.empty());

    /** A decoder by this serializer. */
    public EventDecoder(EventSerializer serializer) {
        this.serializer = serializer;
        this.protection = serializer.protection().orElse(null);
    }

    /**
     * A decoder of an event that is kept in this form.
     *
     * @param form what the serializer has made of it; it may hold more than a name and a payload
     */
    public StoredEvent.Decoder of(SerializedEvent form) {
        if (form instanceof PersonalEvent) {
            return stored -> withPersonalData(decode(stored, form));
        }
        return form instanceof SerializedEvent.Encoded ? this : stored -> decode(stored, form);
    }

    /** The same for an event that was written a moment ago: what was read back of it then is not read again. */
    StoredEvent.Decoder ofWritten(SerializedEvent form) {
        return form instanceof SerializedEvent.Encoded ? stored -> decode(stored, form) : of(form);
    }

    @Override
    public List<RecordedEvent<Event>> decode(StoredEvent stored) {
        if (protection == null || !PersonalDataProtection.isSealed(stored.payload())) {
            return decode(stored, SerializedEvent.of(stored.typeName(), stored.payload()));
        }
        // Of what the application does not know, it does not know what is personal.
        SerializedEvent form = serializer.reading(stored.typeName()) == NameReading.UNKNOWN
                ? withoutPersonalData(stored)
                : opened(protection, stored);
        return withPersonalData(decode(stored, form));
    }

    private static List<RecordedEvent<Event>> withPersonalData(List<RecordedEvent<Event>> parts) {
        return parts.stream().map(RecordedEvent::withPersonalData).toList();
    }

    /**
     * The stored form with its personal data, or with placeholders for what was erased. What keeps the key store from answering is not the
     * event's fault, and passes through.
     */
    private static SerializedEvent opened(PersonalDataProtection protection, StoredEvent stored) {
        try {
            return SerializedEvent.of(stored.typeName(), protection.open(stored.payload(), stored.id()));
        } catch (PersonalDataException e) {
            throw cannotBeRead(stored, String.valueOf(e.getMessage()), e);
        }
    }

    @Override
    public boolean knows(StoredEvent stored) {
        return serializer.reading(stored.typeName()) != NameReading.UNKNOWN;
    }

    @Override
    public List<StoredEvent> upcast(StoredEvent stored, EventFilter filter) {
        if (serializer.reading(stored.typeName()) != NameReading.UPCAST) {
            return List.of(stored);
        }
        List<StoredEvent> forms = new ArrayList<>();
        for (RecordedEvent<Event> part : filter.only(decode(stored, withoutPersonalData(stored)))) {
            SerializedEvent form = written(stored, part.event());
            byte[] payload =
                    form instanceof PersonalEvent personal ? personal.payloadWithPlaceholders() : form.payload();
            forms.add(stored.as(part.part(), form.typeName(), payload));
        }
        return List.copyOf(forms);
    }

    /** No key is needed for it, and what an upcaster makes of personal data cannot be sealed again under this event's id. */
    private static SerializedEvent withoutPersonalData(StoredEvent stored) {
        byte[] payload = stored.payload();
        if (!PersonalDataProtection.isSealed(payload)) {
            return SerializedEvent.of(stored.typeName(), payload);
        }
        try {
            return SerializedEvent.of(stored.typeName(), PersonalDataProtection.placeholders(payload));
        } catch (PersonalDataException e) {
            throw cannotBeRead(stored, String.valueOf(e.getMessage()), e);
        }
    }

    private SerializedEvent written(StoredEvent stored, Event event) {
        try {
            return serializer.serialize(event);
        } catch (RuntimeException e) {
            throw cannotBeRead(stored, NOT_WRITTEN + e.getMessage(), e);
        } catch (Throwable e) {
            if (e instanceof Error error && OwnThreads.isTroubleOfTheProcess(error)) {
                throw error;
            }
            throw cannotBeRead(stored, NOT_WRITTEN + e.getClass().getName(), RedactedException.of(e, ""));
        }
    }

    @Override
    public void prepare(Collection<byte[]> payloads) {
        if (protection == null) {
            return;
        }
        try {
            protection.prepare(payloads);
        } catch (EventStoreException | PersonalDataException e) {
            // One missing key fails all, and perhaps no reader wants its event: the read that decodes it gets the
            // exception.
            LOG.debug("Keys of subjects were not prefetched", OwnThreads.redacted(e));
        }
    }

    @Override
    public boolean prepares() {
        return protection != null;
    }

    private List<RecordedEvent<Event>> decode(StoredEvent stored, SerializedEvent form) {
        EventMetadata metadata = metadata(stored);
        List<EventPart> events;
        try {
            events = serializer.deserialize(
                    form, new EventOrigin(stored.id(), stored.streamId(), metadata, stored.recordedAt()));
        } catch (RuntimeException e) {
            throw cannotBeRead(stored, String.valueOf(e.getMessage()), e);
        } catch (Throwable e) {
            if (e instanceof Error error && OwnThreads.isTroubleOfTheProcess(error)) {
                throw error;
            }
            // A constructor with an assertion, a class that cannot be initialised, a checked exception of Kotlin code:
            // what an unchecked exception would say as well.
            throw cannotBeRead(stored, e.getClass().getName(), RedactedException.of(e, ""));
        }
        if (protection != null) {
            // Whatever of the subject comes later in the log must not be read by a key that is cached.
            for (EventPart part : events) {
                if (part.event() instanceof SubjectErased erased) {
                    protection.forget(erased.subject());
                }
            }
        }
        if (events.size() == 1) {
            return List.of(recorded(events.get(0), stored, metadata));
        }
        List<RecordedEvent<Event>> parts = new ArrayList<>(events.size());
        for (EventPart part : events) {
            parts.add(recorded(part, stored, metadata));
        }
        return List.copyOf(parts);
    }

    private static RecordedEvent<Event> recorded(EventPart part, StoredEvent stored, EventMetadata metadata) {
        return RecordedEvent.of(
                        part.event(),
                        stored.id(),
                        stored.streamId(),
                        stored.version(),
                        stored.position(),
                        stored.typeName(),
                        metadata,
                        stored.recordedAt())
                .withPart(part.number());
    }

    private EventMetadata metadata(StoredEvent stored) {
        Known last = known;
        if (Arrays.equals(last.json, stored.metadata())) {
            return last.metadata;
        }
        try {
            Known read = new Known(stored.metadata(), MetadataJson.read(stored.metadata()));
            known = read;
            return read.metadata;
        } catch (RuntimeException e) {
            throw cannotBeRead(
                    stored, "its metadata cannot be read", RedactedException.of(e, "not an object of strings"));
        }
    }

    private static EventDeserializationException cannotBeRead(
            StoredEvent stored, String problem, @Nullable Throwable cause) {
        return new EventDeserializationException(
                stored.streamId(), stored.version(), stored.position(), stored.typeName(), problem, cause);
    }

    /** Metadata in both forms. */
    private static final class Known {
        private final byte[] json;
        private final EventMetadata metadata;

        private Known(byte[] json, EventMetadata metadata) {
            this.json = json;
            this.metadata = metadata;
        }
    }
}
