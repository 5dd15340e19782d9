package io.eventcore.command;

/**
 * How often a remembered stream was recently found unchanged, which shows whether a decision without a read is worth
 * trying.
 *
 * <p>A stream that other processes write to is read first, until reads have found it unchanged several times in a row.
 * Each failed guess doubles that number. Not safe for concurrent use.
 */
final class GuessRecord {
    /** How often in a row a stream must be found unchanged after a failed guess. */
    private static final int LOOKS = 4;

    private static final int MAX_FAILURES = 4;

    /** How often in a row a stream must be found unchanged to make up for all failures. */
    private static final int FORGIVEN_AFTER = 256;

    private int unchanged;
    private int failures;

    /**
     * Whether to decide without a read.
     *
     * @param doubtful whether streams in general are found changed too often to trust one without a record
     */
    boolean isTrusted(boolean doubtful) {
        if (failures == 0) {
            return !doubtful || unchanged >= LOOKS;
        }
        return unchanged >= LOOKS << failures;
    }

    /** Records that the stream was unchanged. */
    void wasUnchanged() {
        if (++unchanged >= FORGIVEN_AFTER) {
            unchanged = FORGIVEN_AFTER;
            failures = 0;
        }
    }

    /**
     * Records that the stream was changed. {@code guessed}: whether the store has refused an append that rested on it.
     */
    void wasChanged(boolean guessed) {
        unchanged = 0;
        if (guessed && failures < MAX_FAILURES) {
            failures++;
        }
    }
}
