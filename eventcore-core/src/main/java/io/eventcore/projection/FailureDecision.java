package io.eventcore.projection;

/**
 * What a projection does about an event it could not apply.
 *
 * @since 0.1
 */
public enum FailureDecision {
    /** Apply it again after a pause, which grows with the attempts. All later events wait. */
    RETRY,

    /** Go on without it. It is counted and logged, and nothing else remembers it. */
    SKIP,

    /**
     * Set the stream aside: the event and all later ones of its stream wait, in order, until an operator retries or
     * discards them. Other streams go on.
     */
    PARK,

    /** Stop the projection on this instance. Another instance may try, and a restart or a resume tries again. */
    FAIL;

    private static final int ATTEMPTS = 5;

    /** What is decided unless the projection says otherwise: to try five times, and to stop then. */
    public static FailureDecision retryThenFail(FailureContext failure) {
        return failure.attempts() < ATTEMPTS ? RETRY : FAIL;
    }
}
