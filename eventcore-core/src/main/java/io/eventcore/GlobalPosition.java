package io.eventcore;

import java.io.Serializable;

/**
 * The place of an event in the one order over all streams of a store.
 *
 * <p>Positions grow, may have gaps, never change, and survive a dump and restore. Within a stream they ascend with the
 * versions. Immutable.
 *
 * @param value 1 or more for an event; 0 is the place before the first event
 * @since 0.1
 */
public record GlobalPosition(long value) implements Comparable<GlobalPosition>, Serializable {
    /** The place before the first event: reading after it reads everything. */
    public static final GlobalPosition START = new GlobalPosition(0);

    /**
     * Checks the number.
     *
     * @throws IllegalArgumentException if it is negative
     */
    public GlobalPosition {
        if (value < 0) {
            throw new IllegalArgumentException("Global position must not be negative, is " + value);
        }
    }

    /**
     * The position of this number.
     *
     * @throws IllegalArgumentException if the number is negative
     */
    public static GlobalPosition of(long value) {
        return value == 0 ? START : new GlobalPosition(value);
    }

    /** Orders by place in the log. */
    @Override
    public int compareTo(GlobalPosition other) {
        return Long.compare(value, other.value);
    }

    /** The number. */
    @Override
    public String toString() {
        return Long.toString(value);
    }
}
