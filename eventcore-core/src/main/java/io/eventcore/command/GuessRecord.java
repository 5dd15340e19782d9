package io.eventcore.command;

/**
 * How often a remembered stream was recently found unchanged: whether it is worth deciding on it without a read.
 *
 * <p>A stream that other processes write to is read first until it was found unchanged several times in a row; each
 * failed guess doubles that number. Not safe for concurrent use.
 */
final class GuessRecord {
    /** How often a stream must be found unchanged in a row after a guess has failed. */
    private static final int LOOKS = 4;

    private static final int MAX_FAILURES = 4;

    /** So many times unchanged in a row make up for all failures. */
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

    /** It was unchanged. */
    void wasUnchanged() {
        if (++unchanged >= FORGIVEN_AFTER) {
            unchanged = FORGIVEN_AFTER;
            failures = 0;
        }
    }

    /** It was changed. {@code guessed}: an append that rested on it has found that out. */
    void wasChanged(boolean guessed) {
        unchanged = 0;
        if (guessed && failures < MAX_FAILURES) {
            failures++;
        }
    }
}
