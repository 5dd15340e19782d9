package io.eventcore;

import java.io.Serializable;

/**
 * How many events a stream holds: 0 means that the stream does not exist, the first event has version 1.
 *
 * <p>Immutable.
 *
 * @param value the number of events, 0 or more
 * @since 0.1
 */
public record StreamVersion(long value) implements Comparable<StreamVersion>, Serializable {
    /** The version of a stream that does not exist. */
    public static final StreamVersion NONE = new StreamVersion(0);

    /**
     * Checks the number.
     *
     * @throws IllegalArgumentException if it is negative
     */
    public StreamVersion {
        if (value < 0) {
            throw new IllegalArgumentException("Stream version must not be negative, is " + value);
        }
    }

    /**
     * The version of a stream with this many events.
     *
     * @throws IllegalArgumentException if the number is negative
     */
    public static StreamVersion of(long value) {
        return value == 0 ? NONE : new StreamVersion(value);
    }

    /** The version after this one more event. */
    public StreamVersion next() {
        return new StreamVersion(Math.incrementExact(value));
    }

    /** Whether a stream of this version exists. */
    public boolean exists() {
        return value > 0;
    }

    /** Orders by the number of events. */
    @Override
    public int compareTo(StreamVersion other) {
        return Long.compare(value, other.value);
    }

    /** The number. */
    @Override
    public String toString() {
        return Long.toString(value);
    }
}
