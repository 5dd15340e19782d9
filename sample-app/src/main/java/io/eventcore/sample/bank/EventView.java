package io.eventcore.sample.bank;

import io.eventcore.GlobalPosition;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import java.time.Instant;
import java.util.UUID;

/** A recorded event as the bank shows it. */
record EventView(
        UUID id,
        StreamId stream,
        String type,
        StreamVersion version,
        GlobalPosition position,
        Instant recordedAt,
        BankEvent data) {
    static EventView of(RecordedEvent<BankEvent> event) {
        return new EventView(
                event.id(),
                event.streamId(),
                event.typeName(),
                event.version(),
                event.position(),
                event.recordedAt(),
                event.event());
    }
}
