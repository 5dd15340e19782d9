package io.eventcore;

import java.util.Optional;

/**
 * Which part of a list of stream ids to return.
 *
 * <p>Immutable.
 *
 * @param after the id to continue from, itself excluded; empty for the beginning
 * @param limit how many ids to return at most, 1 or more
 * @since 0.1
 */
public record StreamIdPage(Optional<StreamId> after, int limit) {
    /**
     * Checks the limit.
     *
     * @throws IllegalArgumentException if the limit is below 1
     */
    public StreamIdPage {
        if (limit < 1) {
            throw new IllegalArgumentException("The limit of a page must be at least 1, is " + limit);
        }
    }

    /**
     * The first page.
     *
     * @throws IllegalArgumentException if the limit is below 1
     */
    public static StreamIdPage first(int limit) {
        return new StreamIdPage(Optional.empty(), limit);
    }

    /**
     * The page after this id.
     *
     * @throws IllegalArgumentException if the limit is below 1
     */
    public static StreamIdPage after(StreamId streamId, int limit) {
        return new StreamIdPage(Optional.of(streamId), limit);
    }
}
