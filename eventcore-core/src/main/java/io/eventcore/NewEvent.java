package io.eventcore;

import java.util.Objects;
import java.util.UUID;

/**
 * An event that is about to be appended, with the id it will be stored under and the stream it goes to.
 *
 * <p>The id is made before the first try, so that a repeated append is recognised. Immutable.
 *
 * @param id the id of the event
 * @param streamId the stream to append to
 * @param event the fact
 * @param metadata what this event alone is stored with, beside the metadata of the append, which it overrides; empty as
 *     a rule
 * @since 0.1
 */
public record NewEvent(UUID id, StreamId streamId, Event event, EventMetadata metadata) {
    /** Checks that everything is given. */
    public NewEvent {
        Objects.requireNonNull(id, "id");
        Objects.requireNonNull(streamId, "streamId");
        Objects.requireNonNull(event, "event");
        Objects.requireNonNull(metadata, "metadata");
    }

    /** An event with no metadata of its own. */
    public NewEvent(UUID id, StreamId streamId, Event event) {
        this(id, streamId, event, EventMetadata.empty());
    }

    /** This event with other metadata of its own. */
    public NewEvent withMetadata(EventMetadata replacement) {
        return new NewEvent(id, streamId, event, replacement);
    }

    /** Id and stream, without the payload. */
    @Override
    public String toString() {
        return "%s %s for stream '%s'".formatted(event.getClass().getSimpleName(), id, streamId);
    }
}
