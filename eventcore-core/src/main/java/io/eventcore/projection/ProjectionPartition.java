package io.eventcore.projection;

import java.util.Objects;
import java.util.regex.Pattern;

/**
 * A part of a projection that runs separately, with its own checkpoint and lease: the streams whose ids hash to it. A
 * projection that is not partitioned is its own part 0.
 *
 * <p>Immutable.
 *
 * @param projection the name of the projection: 1 to 100 letters, digits, dots, dashes and underscores
 * @param version which {@linkplain Projection#version() version} of it; {@link #SIDE_EFFECTS} for its side effects
 * @param number which part, 0 for the first
 * @since 0.1
 */
public record ProjectionPartition(String projection, int version, int number) {
    /** Upper limit for the partitions of a projection. */
    public static final int MAX_PARTITIONS = 64;

    /** Stands for the version of the side effects, which all versions of a projection share. */
    public static final int SIDE_EFFECTS = 0;

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]{1,100}");

    /**
     * Checks name, version and number.
     *
     * @throws IllegalArgumentException if one of them breaks its rule
     */
    public ProjectionPartition {
        checkName(projection);
        if (version < 0) {
            throw new IllegalArgumentException(
                    "Version of projection '%s' must be 0 or more, is %d".formatted(projection, version));
        }
        if (number < 0 || number >= MAX_PARTITIONS) {
            throw new IllegalArgumentException("Partition of projection '%s' must be 0 to %d, is %d"
                    .formatted(projection, MAX_PARTITIONS - 1, number));
        }
    }

    /**
     * Returns the name if it is valid.
     *
     * @throws IllegalArgumentException if it breaks the rule above
     */
    static String checkName(String name) {
        if (!NAME.matcher(Objects.requireNonNull(name, "name")).matches()) {
            throw new IllegalArgumentException("Projection name must match " + NAME + ", is '" + name + "'");
        }
        return name;
    }

    /**
     * A partition of version 1.
     *
     * @throws IllegalArgumentException if the name or the number breaks its rule
     */
    public ProjectionPartition(String projection, int number) {
        this(projection, 1, number);
    }

    /** Name, version and number, as log lines call it. */
    @Override
    public String toString() {
        return label(projection, version) + "/" + number;
    }

    /** Name and version, as people read it: the version only if it is not the first. */
    static String label(String projection, int version) {
        return switch (version) {
            case SIDE_EFFECTS -> projection + "@side-effects";
            case 1 -> projection;
            default -> projection + "@" + version;
        };
    }
}
