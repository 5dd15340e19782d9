package io.eventcore.projection;

import java.util.Locale;

/**
 * What a partition of a projection is doing, as one instance of the application sees it.
 *
 * @since 0.1
 */
public enum ProjectionState {
    /** Another instance runs it, or none does yet. */
    STANDBY,

    /** Runs here and is behind. */
    CATCHING_UP,

    /** Runs here and follows the end of the log. */
    LIVE,

    /** Runs here and retries what has failed. */
    RETRYING,

    /** Paused by an operator. */
    PAUSED,

    /** Stopped at an event, or because the log was set back; see the last failure. */
    FAILED,

    /** The runner of this instance does not run. */
    STOPPED;

    /** Its word in metrics, health and endpoint: {@code live}, {@code catching_up} and so on. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
