package io.eventcore;

import java.util.UUID;

/**
 * The place of an appended event.
 *
 * <p>Immutable.
 *
 * @param id the id of the event
 * @param streamId the stream it was appended to
 * @param version its place in the stream
 * @param position its place in the order over all streams; readers of the log see it after the commit
 * @since 0.1
 */
public record AppendedEvent(UUID id, StreamId streamId, StreamVersion version, GlobalPosition position) {}
