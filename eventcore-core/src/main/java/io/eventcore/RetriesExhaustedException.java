package io.eventcore;

import java.time.Duration;

/**
 * A command was tried as often as its retry policy allows, and every attempt failed. Nothing was stored.
 *
 * <p>The cause is the failure of the last attempt: a {@link ConflictException} or a
 * {@link TransientEventStoreException}. Try again later, or report to the user that other commands were faster.
 *
 * <p>Not an {@link EventStoreException}: it says how the execution of a command ended, not how a call to the store
 * ended, so code that handles the conflict of an append must not catch it.
 *
 * @since 0.1
 */
public final class RetriesExhaustedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int attempts;
    private final Duration elapsed;

    /**
     * The end of all attempts.
     *
     * @param command the name of the command
     * @param attempts how many attempts were made, the first one included
     * @param elapsed how long all attempts took together, waiting included
     * @param last the failure of the last attempt
     */
    public RetriesExhaustedException(String command, int attempts, Duration elapsed, EventStoreException last) {
        super(
                "%s failed in all of %d attempts within %d ms, last: %s"
                        .formatted(command, attempts, elapsed.toMillis(), last.getMessage()),
                last);
        this.attempts = attempts;
        this.elapsed = elapsed;
    }

    /** How many attempts were made, the first one included. */
    public int attempts() {
        return attempts;
    }

    /** How long the attempts took together, waiting included. */
    public Duration elapsed() {
        return elapsed;
    }
}
