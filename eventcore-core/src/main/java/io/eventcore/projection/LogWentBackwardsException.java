package io.eventcore.projection;

import io.eventcore.internal.SetsDeadlines;

/**
 * The log no longer holds what a projection has already seen: it was set back, by a failover that lost commits or by a
 * restored backup. It assigns positions again, so reading on would miss events.
 *
 * <p>The projection stops. Reset it, so that it is rebuilt from the log as it is now; or restore the log. A reaction or
 * a relay, which cannot be reset, continues when it is resumed, if its checkpoint was set back with the log.
 *
 * @since 0.1
 */
public final class LogWentBackwardsException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private static final String RESET =
            "The projection has applied events that are lost, and would miss new ones: reset it to rebuild the read"
                    + " model, or restore the log.";

    private static final String RESUME =
            "It has acted on events that are lost, which cannot be undone: restore the log, or resume it to continue"
                    + " from the checkpoint that was set back with the log.";

    /** A log that was set back to before a checkpoint. */
    public LogWentBackwardsException(ProjectionPartition partition, Checkpoint checkpoint, String evidence) {
        this(partition, checkpoint, evidence, RESET);
    }

    private LogWentBackwardsException(
            ProjectionPartition partition, Checkpoint checkpoint, String evidence, String whatToDo) {
        super("The log was set back behind the checkpoint of projection '%s' (position %s): %s. %s"
                .formatted(partition, checkpoint.position(), evidence, whatToDo));
    }

    /** A log that was set back to before a checkpoint of this projection; only some projections can be reset. */
    static LogWentBackwardsException of(
            Projection<?> projection, ProjectionPartition partition, Checkpoint checkpoint, String evidence) {
        boolean readModel = projection.kind() == ProjectionKind.PROJECTION
                && partition.version() != ProjectionPartition.SIDE_EFFECTS;
        boolean canBeReset = readModel || projection instanceof SetsDeadlines;
        return new LogWentBackwardsException(partition, checkpoint, evidence, canBeReset ? RESET : RESUME);
    }
}
