package io.eventcore.projection;

import io.eventcore.EventDeserializationException;
import io.eventcore.GlobalPosition;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;

/**
 * An event that could not be applied, and why.
 *
 * <p>Immutable.
 *
 * @param partition the projection, and which part of it
 * @param streamId the stream of the event
 * @param version its place in the stream
 * @param position its place in the log
 * @param typeName the name it is stored under
 * @param attempts how often it was tried alone, in a separate transaction; 1 or more
 * @param cause the exception of {@code apply} or of the commit; an {@link EventDeserializationException} if the event
 *     cannot be read at all
 * @since 0.1
 */
public record FailureContext(
        ProjectionPartition partition,
        StreamId streamId,
        StreamVersion version,
        GlobalPosition position,
        String typeName,
        int attempts,
        Throwable cause) {}
