package io.eventcore.memory;

import io.eventcore.Event;
import io.eventcore.EventMetadata;
import io.eventcore.GlobalPosition;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.UndecodedEvent;
import io.eventcore.serialization.SerializedEvent;
import io.eventcore.serialization.internal.EventDecoder;
import java.time.Instant;
import java.util.UUID;

/** An event as the memory store keeps it: encoded, so that a test sees what a database would give back. */
record StoredEvent(
        SerializedEvent stored,
        UUID id,
        StreamId streamId,
        StreamVersion version,
        GlobalPosition position,
        EventMetadata metadata,
        Instant recordedAt) {

    <E extends Event> RecordedEvent<E> decode(EventDecoder<E> decoder) {
        return decoder.decode(stored, id, streamId, version, position, metadata, recordedAt);
    }

    /** This event in another position. */
    StoredEvent at(GlobalPosition place) {
        return new StoredEvent(stored, id, streamId, version, place, metadata, recordedAt);
    }

    /** This event, to be decoded later. */
    UndecodedEvent undecoded(EventDecoder<Event> decoder) {
        return UndecodedEvent.at(streamId, version, position, stored.typeName(), id, recordedAt, () -> decode(decoder));
    }
}
