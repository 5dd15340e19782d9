package io.eventcore;

/**
 * The beginning of stream ids, taken literally: {@code account_} matches {@code account_7} and not {@code account-7}.
 *
 * <p>Follows the rules of {@link StreamId}. Immutable.
 *
 * @param value the prefix, stripped
 * @since 0.1
 */
public record StreamPrefix(String value) {
    /**
     * Checks and strips the prefix.
     *
     * @throws IllegalArgumentException if it breaks a rule of {@link StreamId}; the message says which
     */
    public StreamPrefix {
        value = Identifiers.checkNoGlob("Stream prefix", Identifiers.check("Stream prefix", value));
    }

    /**
     * The prefix of this text.
     *
     * @throws IllegalArgumentException if it breaks a rule of {@link StreamId}; the message says which
     */
    public static StreamPrefix of(String value) {
        return new StreamPrefix(value);
    }

    /** Whether the id begins with this prefix. */
    public boolean matches(StreamId streamId) {
        return streamId.value().startsWith(value);
    }

    /** The prefix itself. */
    @Override
    public String toString() {
        return value;
    }
}
