package io.eventcore;

import java.util.Objects;
import java.util.Set;
import java.util.UUID;

/**
 * An event that is about to be appended, with the id it will be stored under and the stream it goes to.
 *
 * <p>The id is made before the first attempt, so that a repeated append is recognised. Immutable.
 *
 * @param id the id of the event
 * @param streamId the stream to append to
 * @param event the fact
 * @param tags what it is about besides its stream, at most {@value EventTag#MAX_PER_EVENT}; usually
 *     {@link Event#eventTags()}
 * @param metadata metadata of this event alone; it is added to the metadata of the append and overrides it; usually
 *     empty
 * @since 0.1
 */
public record NewEvent(UUID id, StreamId streamId, Event event, Set<EventTag> tags, EventMetadata metadata) {
    /**
     * Checks that everything is given.
     *
     * @throws IllegalArgumentException if there are too many tags
     */
    public NewEvent {
        Objects.requireNonNull(id, "id");
        Objects.requireNonNull(streamId, "streamId");
        Objects.requireNonNull(event, "event");
        tags = Set.copyOf(tags);
        Objects.requireNonNull(metadata, "metadata");
        if (tags.size() > EventTag.MAX_PER_EVENT) {
            throw new IllegalArgumentException("An event may carry at most %d tags, a %s carries %d"
                    .formatted(EventTag.MAX_PER_EVENT, event.getClass().getName(), tags.size()));
        }
    }

    /** An event with the tags of {@link Event#eventTags()}. */
    public NewEvent(UUID id, StreamId streamId, Event event, EventMetadata metadata) {
        this(id, streamId, event, event.eventTags(), metadata);
    }

    /** An event with no metadata of its own. */
    public NewEvent(UUID id, StreamId streamId, Event event) {
        this(id, streamId, event, EventMetadata.empty());
    }

    /** This event with other metadata of its own. */
    public NewEvent withMetadata(EventMetadata replacement) {
        return new NewEvent(id, streamId, event, tags, replacement);
    }

    /**
     * This event with tags other than those of {@link Event#eventTags()}.
     *
     * @throws IllegalArgumentException if there are too many
     */
    public NewEvent withTags(Set<EventTag> replacement) {
        return new NewEvent(id, streamId, event, replacement, metadata);
    }

    /** Id and stream, without the payload. */
    @Override
    public String toString() {
        return "%s %s for stream '%s'".formatted(event.getClass().getSimpleName(), id, streamId);
    }
}
