package io.eventcore.projection;

import java.util.Objects;

/**
 * How many streams a version of a projection has parked.
 *
 * @param projection its name
 * @param version its version, or {@link ProjectionPartition#SIDE_EFFECTS}
 * @param streams how many, 1 or more
 * @since 0.1
 */
public record ParkedCount(String projection, int version, int streams) {
    /** Checks that there is a name. */
    public ParkedCount {
        Objects.requireNonNull(projection, "projection");
    }
}
