package io.eventcore.projection;

/**
 * How waiting for a projection has ended.
 *
 * @since 0.1
 */
public enum AwaitOutcome {
    /** The projection has dealt with everything up to the position: it had at a moment while it was waited for. */
    REACHED,

    /** The log does not reach the position: no append has returned it, or the log was set back. Not waited for. */
    BEYOND_LOG,

    /** It has not come so far in time. */
    TIMED_OUT,

    /** The event at the position waits, because its stream is parked. */
    PARKED,

    /**
     * The projection is paused; or no instance has run it for three seconds, and this one does not go on with it: it has
     * failed here, or the runner does not run.
     */
    STOPPED
}
