package io.eventcore.command;

import io.eventcore.EventStreamSlice;
import io.eventcore.GlobalPosition;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;

/**
 * How the execution of a command ended.
 *
 * <p>Immutable.
 *
 * @param attempts how many attempts it took, 1 or more
 * @param slice the events written; empty if the command decided that nothing happens
 * @param versions the version of every stream the decision rested on, after it was stored
 * @param elapsed how long it took, waiting included
 * @since 0.1
 */
public record ExecutionResult(
        int attempts, EventStreamSlice slice, Map<StreamId, StreamVersion> versions, Duration elapsed) {
    /** Copies the map. */
    public ExecutionResult {
        Objects.requireNonNull(slice, "slice");
        versions = Map.copyOf(versions);
        Objects.requireNonNull(elapsed, "elapsed");
    }

    /**
     * The highest position written: what a query waits for that is to see this command.
     *
     * @return {@link GlobalPosition#START}, which every reader has reached, if the command decided that nothing happens
     */
    public GlobalPosition lastPosition() {
        return slice.lastPosition();
    }

    /**
     * The version of a stream after the decision was stored.
     *
     * @throws IllegalArgumentException if the command did not rest on this stream
     */
    public StreamVersion version(StreamId streamId) {
        StreamVersion version = versions.get(Objects.requireNonNull(streamId, "streamId"));
        if (version == null) {
            throw new IllegalArgumentException("The command did not rest on stream '" + streamId + "'");
        }
        return version;
    }
}
