package io.eventcore.serialization;

import io.eventcore.EventMetadata;
import io.eventcore.StreamId;
import java.time.Instant;
import java.util.Objects;
import java.util.UUID;

/**
 * What a store knows about a stored event besides its payload.
 *
 * <p>Immutable.
 *
 * @param id the id of the event
 * @param streamId the stream it is stored in
 * @param metadata its metadata
 * @param recordedAt when the store recorded it
 * @since 0.1
 */
public record EventOrigin(UUID id, StreamId streamId, EventMetadata metadata, Instant recordedAt) {
    /** Checks that all are there. */
    public EventOrigin {
        Objects.requireNonNull(id, "id");
        Objects.requireNonNull(streamId, "streamId");
        Objects.requireNonNull(metadata, "metadata");
        Objects.requireNonNull(recordedAt, "recordedAt");
    }
}
