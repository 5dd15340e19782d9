package io.eventcore.projection;

/**
 * How waiting for a projection has ended.
 *
 * @since 0.1
 */
public enum AwaitOutcome {
    /** The projection has processed everything up to the position, at some moment during the wait. */
    REACHED,

    /**
     * The log does not reach the position: no append has returned it, or the log was set back. Returned without
     * waiting.
     */
    BEYOND_LOG,

    /** The projection did not reach the position in time. */
    TIMED_OUT,

    /** The event at the position waits, because its stream is parked. */
    PARKED,

    /**
     * The projection is paused; or no instance has run it for three seconds, and this one will not: it has failed here,
     * or the runner is not running.
     */
    STOPPED
}
