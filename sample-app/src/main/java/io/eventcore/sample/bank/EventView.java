package io.eventcore.sample.bank;

import io.eventcore.GlobalPosition;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import java.time.Instant;
import java.util.Map;
import java.util.UUID;

/** A recorded event as the bank shows it: known by its id and part together, if events are split one day. */
record EventView(
        UUID id,
        long part,
        StreamId stream,
        String type,
        StreamVersion version,
        GlobalPosition position,
        Instant recordedAt,
        BankEvent data,
        Map<String, String> metadata) {
    static EventView of(RecordedEvent<BankEvent> event) {
        return new EventView(
                event.id(),
                event.part(),
                event.streamId(),
                event.typeName(),
                event.version(),
                event.position(),
                event.recordedAt(),
                event.event(),
                event.metadata().entries());
    }
}
