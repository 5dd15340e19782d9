package io.eventcore;

import java.util.UUID;

/**
 * Where an appended event now stands.
 *
 * <p>Immutable.
 *
 * @param id the id of the event
 * @param streamId the stream it was appended to
 * @param version its place in the stream
 * @param position its place in the order over all streams; readers of the log see it once the transaction committed
 * @since 0.1
 */
public record AppendedEvent(UUID id, StreamId streamId, StreamVersion version, GlobalPosition position) {}
