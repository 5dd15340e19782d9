package io.eventcore.projection;

import io.eventcore.GlobalPosition;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Which version of each projection this instance lets queries read. Follows the store, but not before the new version has
 * everything that a caller here was promised to find. Safe for any number of threads.
 */
final class ActiveVersions {
    private final Map<String, Integer> active = new HashMap<>();
    private final Map<String, GlobalPosition> positions = new HashMap<>();
    private final Map<String, GlobalPosition> promised = new HashMap<>();

    /** The active version of a projection; 0 if none is known. */
    synchronized int of(String projection) {
        return active.getOrDefault(projection, 0);
    }

    /** How far the active version has come, as the store was last seen. */
    synchronized GlobalPosition position(String projection) {
        return positions.getOrDefault(projection, GlobalPosition.START);
    }

    /**
     * Promises a caller that a query finds everything up to a position.
     *
     * @return false if another version is active by now, which may not have come so far
     */
    synchronized boolean promise(String projection, int version, GlobalPosition position) {
        if (of(projection) != version) {
            return false;
        }
        promised.merge(projection, position, (a, b) -> a.compareTo(b) > 0 ? a : b);
        return true;
    }

    /** Takes note of what the store says; whether another version is active now. */
    synchronized boolean observe(List<PartitionState> states) {
        boolean changed = false;
        for (Map.Entry<String, List<PartitionState>> projection :
                byProjection(states).entrySet()) {
            String name = projection.getKey();
            int version = active(projection.getValue());
            GlobalPosition position = position(projection.getValue(), version);
            if (version != of(name) && position.compareTo(promised.getOrDefault(name, GlobalPosition.START)) >= 0) {
                active.put(name, version);
                changed = true;
            }
            positions.put(name, position(projection.getValue(), of(name)));
        }
        return changed;
    }

    static Map<String, List<PartitionState>> byProjection(List<PartitionState> states) {
        return states.stream()
                .collect(Collectors.groupingBy(
                        state -> state.partition().projection(), TreeMap::new, Collectors.toList()));
    }

    /** The active version, of the states of one projection; 0 if there is none. */
    static int active(List<PartitionState> states) {
        return states.stream()
                .filter(PartitionState::active)
                .mapToInt(state -> state.partition().version())
                .min()
                .orElse(0);
    }

    /** The position up to which all parts of a version have come, of the states of one projection. */
    static GlobalPosition position(List<PartitionState> states, int version) {
        return states.stream()
                .filter(state -> state.partition().version() == version)
                .map(state -> state.checkpoint().position())
                .min(GlobalPosition::compareTo)
                .orElse(GlobalPosition.START);
    }
}
