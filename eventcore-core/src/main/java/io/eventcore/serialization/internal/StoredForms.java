package io.eventcore.serialization.internal;

import io.eventcore.EventSerializationException;
import io.eventcore.EventTag;
import io.eventcore.NewEvent;
import io.eventcore.internal.OwnThreads;
import io.eventcore.internal.RedactedException;
import io.eventcore.personaldata.PersonalDataProtection;
import io.eventcore.personaldata.UnsealedEvent;
import io.eventcore.serialization.EventSerializer;
import io.eventcore.serialization.PersonalEvent;
import io.eventcore.serialization.SerializedEvent;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

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
        } catch (Throwable e) {
            // Also a checked exception of Kotlin code, an assertion of a constructor, a converter that never ends.
            if (e instanceof Error error && OwnThreads.isTroubleOfTheProcess(error)) {
                throw error;
            }
            throw new EventSerializationException(
                    event.streamId(),
                    event.event().getClass().getSimpleName(),
                    e instanceof Exception ? e : RedactedException.of(e, ""));
        }
    }

    /** What is wrong with tags of an event of which this is to be sealed; nothing, mostly. A tag stands in tables as it is, for ever. */
    static Optional<String> problemOf(Collection<EventTag> tags, UnsealedEvent hidden) {
        return tags.stream()
                .filter(tag -> !tag.value().isEmpty() && hidden.hides(tag.value()))
                .findFirst()
                .map(tag -> "its tag '" + tag.name()
                        + "' contains a value that is @PersonalData, and tags are never erased: remove the tag");
    }

    private static void checkTags(NewEvent event, UnsealedEvent hidden) {
        problemOf(event.tags(), hidden).ifPresent(problem -> {
            throw new EventSerializationException(
                    event.streamId(), event.event().getClass().getSimpleName(), new IllegalStateException(problem));
        });
    }

    private static List<SerializedEvent> sealed(
            List<NewEvent> events, List<SerializedEvent> forms, EventSerializer serializer) {
        PersonalDataProtection protection = serializer
                .protection()
                .orElseThrow(() -> new IllegalStateException("A serializer of personal data has no protection for it"));
        List<UnsealedEvent> unsealed = new ArrayList<>();
        for (int i = 0; i < forms.size(); i++) {
            if (forms.get(i) instanceof PersonalEvent personal) {
                UnsealedEvent hidden = personal.unsealed(events.get(i).id());
                checkTags(events.get(i), hidden);
                unsealed.add(hidden);
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
