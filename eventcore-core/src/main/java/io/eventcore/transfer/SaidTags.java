package io.eventcore.transfer;

import io.eventcore.StoredEvent;
import io.eventcore.serialization.EventSerializer;
import io.eventcore.serialization.internal.MetadataJson;
import io.eventcore.serialization.internal.StoredTags;
import java.nio.charset.StandardCharsets;
import java.util.function.UnaryOperator;

/** Gives an event without tags those that its class declares today. */
final class SaidTags implements UnaryOperator<ExportedEvent> {
    private final StoredTags tags;

    SaidTags(EventSerializer serializer) {
        this.tags = new StoredTags(serializer);
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
                tags.decoder());
        try {
            return event.withTags(tags.of(stored, tag -> true));
        } catch (StoredTags.UntoldException e) {
            throw new TransferRefusedException(
                    "The tags of %s cannot be determined: %s".formatted(event, e.reason()), e.getCause());
        }
    }
}
