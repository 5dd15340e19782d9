package io.eventcore.snapshot;

import io.eventcore.GlobalPosition;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import java.util.Map;
import java.util.Objects;

/**
 * A state in stored form, and the events that it is the fold of.
 *
 * <p>Immutable.
 *
 * @param version the version that the class of the command declares
 * @param versions the version of every stream up to which its events are part of the state
 * @param position the highest position among these events
 * @param state the state as text
 * @since 0.1
 */
public record StoredSnapshot(
        int version, Map<StreamId, StreamVersion> versions, GlobalPosition position, String state) {
    /** Copies the map. */
    public StoredSnapshot {
        versions = Map.copyOf(versions);
        Objects.requireNonNull(position, "position");
        Objects.requireNonNull(state, "state");
    }

    /** How many events are part of the state. */
    public long events() {
        return versions.values().stream().mapToLong(StreamVersion::value).sum();
    }

    /**
     * Whether this is ahead of another snapshot of the same key: of a later version of the class, or of a higher
     * position, or of more events up to the same position, one of which was committed late.
     */
    public boolean isAheadOf(StoredSnapshot other) {
        if (version != other.version) {
            return version > other.version;
        }
        int positions = position.compareTo(other.position);
        return positions == 0 ? events() > other.events() : positions > 0;
    }

    /** What it covers, without the state. */
    @Override
    public String toString() {
        return "Snapshot of version %d up to position %s of %s".formatted(version, position, versions);
    }
}
