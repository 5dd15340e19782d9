package io.eventcore.projection;

import io.eventcore.GlobalPosition;
import java.util.HashMap;
import java.util.Map;

/**
 * Which version of each projection this instance lets queries read. Follows the store once the new version has
 * everything that callers here were promised to find. Safe for any number of threads.
 */
final class ActiveVersions {
    private final Map<String, Integer> active = new HashMap<>();
    private final Map<String, Long> looks = new HashMap<>();
    private final Map<String, GlobalPosition> promised = new HashMap<>();

    /** The active version of a projection; 0 if none is known. */
    synchronized int of(String projection) {
        return active.getOrDefault(projection, 0);
    }

    /**
     * Promises a caller that a query finds everything up to a position.
     *
     * @return false if another version is active by now: it may not have come so far
     */
    synchronized boolean promise(String projection, int version, GlobalPosition position) {
        if (of(projection) != version) {
            return false;
        }
        promised.merge(projection, position, (a, b) -> a.compareTo(b) > 0 ? a : b);
        return true;
    }

    /**
     * Records what the store says, unless a newer look has said more.
     *
     * @return whether another version is active now
     */
    synchronized boolean observe(String projection, StoreLook look) {
        if (look.number() <= looks.getOrDefault(projection, 0L)) {
            return false;
        }
        looks.put(projection, look.number());
        int version = look.active();
        if (version == 0
                || version == of(projection)
                || look.position(version).compareTo(promised.getOrDefault(projection, GlobalPosition.START)) < 0) {
            return false;
        }
        active.put(projection, version);
        return true;
    }
}
