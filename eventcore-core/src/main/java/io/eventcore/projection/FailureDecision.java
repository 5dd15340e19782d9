package io.eventcore.projection;

/**
 * What a projection does with an event that it could not apply.
 *
 * @since 0.1
 */
public enum FailureDecision {
    /** Apply the event again after a pause, which grows with the attempts. All later events wait. */
    RETRY,

    /** Continue without the event. It is counted and logged, but not stored anywhere. */
    SKIP,

    /**
     * Park the stream: the event and all later ones of its stream wait, in order, until an operator retries or discards
     * them. Other streams continue.
     */
    PARK,

    /** Stop the projection on this instance. Another instance may take over, and a restart or a resume tries again. */
    FAIL;

    private static final int ATTEMPTS = 5;

    /** The default decision: five attempts, then stop. */
    public static FailureDecision retryThenFail(FailureContext failure) {
        return failure.attempts() < ATTEMPTS ? RETRY : FAIL;
    }
}
