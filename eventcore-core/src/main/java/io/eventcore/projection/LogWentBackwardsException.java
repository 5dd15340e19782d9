package io.eventcore.projection;

/**
 * The log does not hold what a projection has already seen: it was set back, by a fail-over that lost commits or by a
 * restored backup. Positions are given away again there, so reading on would miss events.
 *
 * <p>The projection stops. Reset it, so that it is built anew from the log as it is now; or restore the log.
 *
 * @since 0.1
 */
public final class LogWentBackwardsException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** A log that was set back behind a checkpoint. */
    public LogWentBackwardsException(ProjectionPartition partition, Checkpoint checkpoint, String evidence) {
        super(("The log was set back behind the checkpoint of projection '%s' (position %s): %s. The projection has"
                        + " applied events that are lost, and would miss new ones: reset it to build it anew, or"
                        + " restore the log.")
                .formatted(partition, checkpoint.position(), evidence));
    }
}
