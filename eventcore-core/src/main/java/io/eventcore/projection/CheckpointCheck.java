package io.eventcore.projection;

import io.eventcore.GlobalPosition;
import java.util.Optional;

/**
 * Finds out whether the log still holds what a partition has seen: at its beginning, after each trouble of the shared reader
 * and once in a while. A log that was set back by a failover or a restored backup gives positions away again, so reading on
 * would miss events.
 *
 * <p>Used by one thread.
 */
final class CheckpointCheck {
    private final ProjectionPartition partition;
    private final ProjectionMode mode;
    private final RunnerContext context;
    private int troublesSeen;
    private long checkedAt;

    CheckpointCheck(ProjectionPartition partition, ProjectionMode mode, RunnerContext context) {
        this.partition = partition;
        this.mode = mode;
        this.context = context;
    }

    /**
     * Checks when it is due.
     *
     * @param reached how far the log was looked through
     * @param applied the checkpoint as last committed
     * @return whether it was due
     * @throws LogWentBackwardsException if events are lost that were applied
     * @throws SetBackTogetherException if the checkpoint was set back with the log
     */
    boolean checkIfDue(Checkpoint reached, Checkpoint applied) {
        boolean due = context.nanoTime().getAsLong() - checkedAt > RunnerSettings.VERIFY_EVERY.toNanos()
                || context.tail().troubles() != troublesSeen;
        if (due) {
            check(reached, applied);
        }
        return due;
    }

    /**
     * Whether the log still holds what was seen. If not, the checkpoint may have been set back with it: then nothing is lost
     * that was applied, and the projection begins again from there. Throws as {@link #checkIfDue}.
     */
    void check(Checkpoint reached, Checkpoint applied) {
        troublesSeen = context.tail().troubles();
        Optional<String> loss = lossSince(reached);
        if (loss.isPresent()) {
            // The read model of a transactional projection is as old as the row beside it; of another one it is not.
            Checkpoint kept =
                    mode == ProjectionMode.TRANSACTIONAL ? context.store().checkpoint(partition) : applied;
            Optional<String> lost = kept.equals(reached) ? loss : lossSince(kept);
            if (lost.isPresent()) {
                throw new LogWentBackwardsException(partition, kept, lost.get());
            }
            throw new SetBackTogetherException(partition, kept);
        }
        checkedAt = context.nanoTime().getAsLong();
    }

    /** What shows that the log is not the one in which a checkpoint was reached; empty if it is. */
    private Optional<String> lossSince(Checkpoint reached) {
        GlobalPosition last = context.reader().lastPosition();
        if (last.compareTo(reached.position()) < 0) {
            return Optional.of("it ends at position " + last);
        }
        if (reached.hasSeenEvent() && !holdsSeenEvent(reached)) {
            return Optional.of("event %s at position %s is not there any more"
                    .formatted(reached.seenEventId(), reached.seenPosition()));
        }
        return Optional.empty();
    }

    private boolean holdsSeenEvent(Checkpoint reached) {
        return LogScan.eventAt(context.reader(), reached.seenPosition())
                .filter(event -> event.id().equals(reached.seenEventId()))
                .isPresent();
    }

    /** The log and the checkpoint were both set back to an earlier moment. */
    static final class SetBackTogetherException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        SetBackTogetherException(ProjectionPartition partition, Checkpoint applied) {
            super("The log was set back, and the checkpoint of projection '%s' with it, to position %s"
                    .formatted(partition, applied.position()));
        }
    }
}
