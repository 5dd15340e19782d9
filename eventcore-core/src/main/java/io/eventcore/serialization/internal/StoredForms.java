package io.eventcore.serialization.internal;

import io.eventcore.EventSerializationException;
import io.eventcore.EventTag;
import io.eventcore.NewEvent;
import io.eventcore.internal.OwnThreads;
import io.eventcore.internal.RedactedException;
import io.eventcore.internal.SharedEvent;
import io.eventcore.personaldata.PersonalDataProtection;
import io.eventcore.personaldata.UnsealedEvent;
import io.eventcore.serialization.EventSerializer;
import io.eventcore.serialization.PersonalEvent;
import io.eventcore.serialization.SerializedEvent;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * Encodes events. What is personal data in the events of one append is sealed for all of them together.
 *
 * <p>An event whose {@linkplain SerializerRoundTrip round trip} is asked for is encoded twice, for that and for its append, one right
 * after the other: the form of the first time is kept for the second one. Safe for any number of threads.
 */
public final class StoredForms {
    /** How many forms are kept, and how large they are at most: what is encoded once only stays here until others come. */
    private static final int KEPT = 256;

    private static final int MAX_KEPT_BYTES = 4_096;

    private final EventSerializer serializer;
    private final AtomicReferenceArray<@Nullable Kept> kept = new AtomicReferenceArray<>(KEPT);

    /** Whether round trips are asked for. */
    private volatile boolean keeps;

    private record Kept(NewEvent event, SerializedEvent form) {}

    /** Forms by this serializer. */
    public StoredForms(EventSerializer serializer) {
        this.serializer = serializer;
    }

    /** The form of an event, of personal data in it as well, for its round trip. */
    SerializedEvent forRoundTrip(NewEvent event) {
        keeps = true;
        return form(event);
    }

    private SerializedEvent form(NewEvent event) {
        if (!keeps) {
            return serializer.serialize(event.event());
        }
        int place = (int) event.id().getLeastSignificantBits() & (KEPT - 1);
        Kept latest = kept.get(place);
        // What can change may have changed since.
        if (latest != null
                && latest.event.event() == event.event()
                && latest.event.id().equals(event.id())
                && SharedEvent.isImmutable(event.event())) {
            kept.compareAndSet(place, latest, null);
            return latest.form;
        }
        SerializedEvent form = serializer.serialize(event.event());
        if (!(form instanceof PersonalEvent) && form.payload().length <= MAX_KEPT_BYTES) {
            kept.set(place, new Kept(event, form));
        }
        return form;
    }

    EventSerializer serializer() {
        return serializer;
    }

    /**
     * The stored forms, in the order of the events.
     *
     * @throws IllegalArgumentException if an event's class has no stored name
     * @throws EventSerializationException if an event cannot be encoded
     * @throws io.eventcore.SubjectErasedException if an event holds data of a subject that was erased
     */
    List<SerializedEvent> of(List<NewEvent> events) {
        List<SerializedEvent> forms = new ArrayList<>(events.size());
        boolean personal = false;
        for (NewEvent event : events) {
            SerializedEvent form = serialize(event);
            personal |= form instanceof PersonalEvent;
            forms.add(form);
        }
        return personal ? sealed(events, forms) : forms;
    }

    private SerializedEvent serialize(NewEvent event) {
        try {
            return form(event);
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

    private List<SerializedEvent> sealed(List<NewEvent> events, List<SerializedEvent> forms) {
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
