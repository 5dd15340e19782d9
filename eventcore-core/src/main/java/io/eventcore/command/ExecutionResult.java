package io.eventcore.command;

import io.eventcore.EventStreamSlice;
import io.eventcore.GlobalPosition;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How the execution of a command ended.
 *
 * <p>Immutable.
 *
 * @since 0.1
 */
public final class ExecutionResult {
    private final int attempts;
    private final EventStreamSlice slice;
    private final Map<StreamId, StreamVersion> versions;
    private final Duration elapsed;
    private final long skippedEvents;

    private ExecutionResult(
            int attempts,
            EventStreamSlice slice,
            Map<StreamId, StreamVersion> versions,
            Duration elapsed,
            long skippedEvents) {
        this.attempts = attempts;
        this.slice = Objects.requireNonNull(slice, "slice");
        this.versions = Map.copyOf(versions);
        this.elapsed = Objects.requireNonNull(elapsed, "elapsed");
        this.skippedEvents = skippedEvents;
    }

    /**
     * A result. For authors of {@link ExecutedCommands}, and for tests.
     *
     * @param attempts see {@link #attempts()}
     * @param slice see {@link #slice()}
     * @param versions see {@link #versions()}
     * @param elapsed see {@link #elapsed()}
     */
    public static ExecutionResult of(
            int attempts, EventStreamSlice slice, Map<StreamId, StreamVersion> versions, Duration elapsed) {
        return new ExecutionResult(attempts, slice, versions, elapsed, 0);
    }

    /** This result, with the number of events that the decision was made without. */
    public ExecutionResult withSkippedEvents(long events) {
        return new ExecutionResult(attempts, slice, versions, elapsed, events);
    }

    /**
     * How many events of its streams the decision was made without, because their type is unknown and the application
     * {@linkplain io.eventcore.serialization.UnknownTypes#SKIP skips} such events; 0 if it was made on all events. 0
     * also for a command that was executed before, since nothing was decided.
     */
    public long skippedEvents() {
        return skippedEvents;
    }

    /** How many attempts it took, 1 or more. */
    public int attempts() {
        return attempts;
    }

    /** The events written; empty if the command decided that nothing happens. */
    public EventStreamSlice slice() {
        return slice;
    }

    /** The version of every stream the decision rested on, after it was stored. */
    public Map<StreamId, StreamVersion> versions() {
        return versions;
    }

    /** How long it took, waiting included. */
    public Duration elapsed() {
        return elapsed;
    }

    /**
     * The highest position written: a query that must see this command waits for it.
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

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof ExecutionResult that
                && attempts == that.attempts
                && slice.equals(that.slice)
                && versions.equals(that.versions)
                && elapsed.equals(that.elapsed)
                && skippedEvents == that.skippedEvents;
    }

    @Override
    public int hashCode() {
        return Objects.hash(attempts, slice, versions, elapsed, skippedEvents);
    }

    @Override
    public String toString() {
        return "%d events after %d attempts in %s, streams %s"
                .formatted(slice.events().size(), attempts, elapsed, versions);
    }
}
