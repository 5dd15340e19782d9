package io.eventcore;

import java.io.Serializable;

/**
 * The name of a stream: the ordered events of one subject.
 *
 * <p>1 to 255 Unicode code points after leading and trailing white space was stripped; none of {@code * ? [ ]}, no
 * control characters, no unpaired surrogates. Ids are case-sensitive, never normalised, and equal exactly when their
 * characters are, on every store. The natural order is that of the UTF-8 bytes. Immutable.
 *
 * @param value the name, stripped
 * @since 0.1
 */
public record StreamId(String value) implements Comparable<StreamId>, Serializable {
    /**
     * Checks and strips the name.
     *
     * @throws InvalidStreamIdException if a rule above is broken; the message says which
     */
    public StreamId {
        try {
            value = Identifiers.checkNoGlob("Stream id", Identifiers.check("Stream id", value));
        } catch (IllegalArgumentException rule) {
            throw new InvalidStreamIdException(rule);
        }
    }

    /**
     * The stream of this name.
     *
     * @throws InvalidStreamIdException if a rule above is broken; the message says which
     */
    public static StreamId of(String value) {
        return new StreamId(value);
    }

    /** Orders by the unsigned bytes of the UTF-8 form, the order in which every store takes its locks. */
    @Override
    public int compareTo(StreamId other) {
        return Identifiers.compareCodePoints(value, other.value);
    }

    /** The name itself. */
    @Override
    public String toString() {
        return value;
    }
}
