package io.eventcore.serialization.internal;

import io.eventcore.EventSerializationException;
import io.eventcore.NewEvent;
import io.eventcore.personaldata.PersonalDataProtection;
import io.eventcore.personaldata.UnsealedEvent;
import io.eventcore.serialization.EventSerializer;
import io.eventcore.serialization.PersonalEvent;
import io.eventcore.serialization.SerializedEvent;
import java.util.ArrayList;
import java.util.List;

/** Encodes the events of one append. What is personal data in them is sealed for all of them together. */
final class StoredForms {
    private StoredForms() {}

    /**
     * The stored forms, in the order of the events.
     *
     * @throws IllegalArgumentException if an event's class has no stored name
     * @throws EventSerializationException if an event cannot be encoded
     * @throws io.eventcore.SubjectErasedException if an event holds data of a subject that was erased
     */
    static List<SerializedEvent> of(List<NewEvent> events, EventSerializer serializer) {
        List<SerializedEvent> forms = new ArrayList<>(events.size());
        boolean personal = false;
        for (NewEvent event : events) {
            SerializedEvent form = serialize(event, serializer);
            personal |= form instanceof PersonalEvent;
            forms.add(form);
        }
        return personal ? sealed(events, forms, serializer) : forms;
    }

    private static SerializedEvent serialize(NewEvent event, EventSerializer serializer) {
        try {
            return serializer.serialize(event.event());
        } catch (IllegalArgumentException unknownType) {
            throw unknownType;
        } catch (Exception e) {
            // A serializer that is written in Kotlin may throw a checked exception.
            String type = event.event().getClass().getSimpleName();
            throw new EventSerializationException(event.streamId(), type, e);
        }
    }

    private static List<SerializedEvent> sealed(
            List<NewEvent> events, List<SerializedEvent> forms, EventSerializer serializer) {
        PersonalDataProtection protection = serializer
                .protection()
                .orElseThrow(() -> new IllegalStateException("A serializer of personal data has no protection for it"));
        List<UnsealedEvent> unsealed = new ArrayList<>();
        for (int i = 0; i < forms.size(); i++) {
            if (forms.get(i) instanceof PersonalEvent personal) {
                unsealed.add(personal.unsealed(events.get(i).id()));
            }
        }
        List<byte[]> payloads = protection.seal(unsealed);
        List<SerializedEvent> sealed = new ArrayList<>(forms.size());
        int next = 0;
        for (SerializedEvent form : forms) {
            sealed.add(
                    form instanceof PersonalEvent ? SerializedEvent.of(form.typeName(), payloads.get(next++)) : form);
        }
        return sealed;
    }
}
