package io.eventcore.transfer;

import io.eventcore.Event;
import io.eventcore.EventDeserializationException;
import io.eventcore.EventTag;
import io.eventcore.RecordedEvent;
import io.eventcore.StoredEvent;
import io.eventcore.serialization.EventSerializer;
import io.eventcore.serialization.internal.EventDecoder;
import io.eventcore.serialization.internal.MetadataJson;
import java.nio.charset.StandardCharsets;
import java.util.TreeSet;
import java.util.function.UnaryOperator;

/** Gives an event without tags those that it says today; where upcasters make several of it, those of all. */
final class SaidTags implements UnaryOperator<ExportedEvent> {
    private final StoredEvent.Decoder decoder;

    SaidTags(EventSerializer serializer) {
        this.decoder = new EventDecoder(serializer);
    }

    @Override
    public ExportedEvent apply(ExportedEvent event) {
        if (!event.tags().isEmpty()) {
            return event;
        }
        StoredEvent stored = StoredEvent.of(
                event.streamId(),
                event.version(),
                event.position(),
                event.id(),
                event.recordedAt(),
                event.typeName(),
                event.payload(),
                MetadataJson.write(event.metadata()).getBytes(StandardCharsets.UTF_8),
                decoder);
        if (!stored.isKnown()) {
            throw new TransferRefusedException(
                    "What tags %s carries cannot be told: its type is not known here".formatted(event));
        }
        TreeSet<EventTag> said = new TreeSet<>();
        try {
            for (RecordedEvent<Event> part : stored.decode(Event.class)) {
                said.addAll(part.event().eventTags());
            }
        } catch (EventDeserializationException e) {
            throw new TransferRefusedException(
                    "What tags %s carries cannot be told: it cannot be read".formatted(event), e);
        }
        return event.withTags(said);
    }
}
