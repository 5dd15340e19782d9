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
 * @since 0.1
 */
public record NewEvent(UUID id, StreamId streamId, Event event) {
    /** Checks that everything is given. */
    public NewEvent {
        Objects.requireNonNull(id, "id");
        Objects.requireNonNull(streamId, "streamId");
        Objects.requireNonNull(event, "event");
    }

    /** Id and stream, without the payload. */
    @Override
    public String toString() {
        return "%s %s for stream '%s'".formatted(event.getClass().getSimpleName(), id, streamId);
    }
}
