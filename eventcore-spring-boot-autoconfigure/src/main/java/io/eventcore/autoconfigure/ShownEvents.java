package io.eventcore.autoconfigure;

import io.eventcore.Event;
import io.eventcore.EventDeserializationException;
import io.eventcore.EventMetadata;
import io.eventcore.EventStoreException;
import io.eventcore.RawEvent;
import io.eventcore.RecordedEvent;
import io.eventcore.StoredEvent;
import io.eventcore.autoconfigure.EventCoreEndpoint.Hidden;
import io.eventcore.autoconfigure.EventCoreProperties.Endpoint;
import io.eventcore.autoconfigure.ViewRequest.RuleException;
import io.eventcore.serialization.EventTypes;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Decides what of an event is shown, for all views in one place. */
final class ShownEvents {
    private static final Pattern REVISION = Pattern.compile("(.+)@([2-9]|[1-9][0-9]{1,8})");
    private static final Pattern PREFIX = Pattern.compile("[^-_/:.|]+[-_/:.|]");

    private static final String UNKNOWN = "No event class and no upcaster has this name";

    private final Endpoint shown;
    private final @Nullable EventTypes types;

    /**
     * Shows what these settings say.
     *
     * @param types which class has which name, as far as that is known without reading an event
     */
    ShownEvents(Endpoint shown, @Nullable EventTypes types) {
        this.shown = shown;
        this.types = types;
    }

    /** A stored name and the revision that it ends with. */
    record TypeName(String name, int revision) {
        static TypeName of(String storedName) {
            Matcher numbered = REVISION.matcher(storedName);
            return numbered.matches()
                    ? new TypeName(numbered.group(1), Integer.parseInt(numbered.group(2)))
                    : new TypeName(storedName, 1);
        }
    }

    /**
     * How an event is read today.
     *
     * @param readBy as which classes; null if it cannot be read
     * @param why why it cannot; null if it can
     */
    record Reading(@Nullable String readBy, @Nullable String why) {}

    Hidden hidden() {
        return new Hidden(!shown.showStreamIds(), !shown.showPayloads(), !shown.showMetadata());
    }

    boolean showsStreamIds() {
        return shown.showStreamIds();
    }

    boolean showsPayloads() {
        return shown.showPayloads();
    }

    boolean showsMetadata() {
        return shown.showMetadata();
    }

    /** Refuses a question for what is hidden: its answer would tell whether a guess is right. */
    static void require(boolean shown, String what, String hidden, String property) {
        if (!shown) {
            throw new RuleException(
                    "%s asks for %s, which are hidden: %s=true shows them".formatted(what, hidden, property));
        }
    }

    LogViews.Event of(StoredEvent event) {
        EventMetadata metadata = shown.showMetadata() ? metadata(event) : EventMetadata.empty();
        String stream = shown.showStreamIds() ? event.streamId().value() : null;
        return new LogViews.Event(
                event.position().value(),
                event.id().toString(),
                event.typeName(),
                TypeName.of(event.typeName()).revision(),
                event.recordedAt(),
                event.version().value(),
                stream,
                stream == null ? null : prefix(stream),
                metadata.correlationId().orElse(null),
                metadata.causationId().orElse(null));
    }

    /** Its beginning up to the first character that divides it: of {@code account-7} it is {@code account-}. */
    private static @Nullable String prefix(String stream) {
        Matcher prefix = PREFIX.matcher(stream);
        return prefix.lookingAt() ? prefix.group() : null;
    }

    /** Its metadata; none if that cannot be read. */
    static EventMetadata metadata(StoredEvent event) {
        try {
            return ShownJson.metadata(event);
        } catch (RuntimeException e) {
            // Its text may quote the metadata. The view of this one event says that it cannot be read.
            return EventMetadata.empty();
        }
    }

    /**
     * How an event is read. While payloads are hidden, by its name alone: an upcaster may choose the class by the payload, and a
     * failure its type. Of a failure only the type is told: its text may quote the event.
     */
    Reading reading(StoredEvent event) {
        if (!event.isKnown()) {
            return new Reading(null, UNKNOWN);
        }
        try {
            List<RecordedEvent<Event>> parts = event.decode(Event.class);
            if (parts.stream().anyMatch(part -> part.event() instanceof RawEvent)) {
                return new Reading(null, UNKNOWN);
            }
            return new Reading(shown.showPayloads() ? classes(parts) : namedClass(event.typeName()), null);
        } catch (EventDeserializationException e) {
            Throwable cause = shown.showPayloads() ? e.getCause() : null;
            return new Reading(
                    null,
                    "The payload does not fit its class"
                            + (cause == null ? "" : ": " + cause.getClass().getName()));
        } catch (EventStoreException e) {
            return new Reading(
                    null, "It cannot be read at the moment: " + e.getClass().getName());
        }
    }

    private static String classes(List<RecordedEvent<Event>> parts) {
        return parts.stream()
                .map(part -> part.event().getClass().getName())
                .distinct()
                .collect(Collectors.joining(", "));
    }

    private String namedClass(String storedName) {
        return Optional.ofNullable(types)
                .flatMap(known -> known.classOf(storedName))
                .map(Class::getName)
                .orElse("an upcaster");
    }
}
