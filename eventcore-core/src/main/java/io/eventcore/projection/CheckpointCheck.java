package io.eventcore.projection;

import io.eventcore.GlobalPosition;
import java.util.Optional;

/**
 * Checks whether the log still holds what a partition has seen: at the beginning, after each failure of the shared
 * reader, and from time to time. A log that was set back by a failover or a restored backup assigns positions again, so
 * reading on would miss events.
 *
 * <p>Used by one thread.
 */
final class CheckpointCheck {
    private final ProjectionPartition partition;
    private final Projection<?> projection;
    private final RunnerContext context;
    private int troublesSeen;
    private long checkedAt;

    /**
     * The last event that this process has given to a read model that is not set back together with the log; the start
     * if there is none. It outlives leases: a failover takes longer than a lease, and the checkpoint in the store is
     * then as old as the log.
     */
    private Checkpoint given = Checkpoint.START;

    private long givenAt;

    CheckpointCheck(ProjectionPartition partition, Projection<?> projection, RunnerContext context) {
        this.partition = partition;
        this.projection = projection;
        this.context = context;
    }

    /**
     * Records that an event is about to be applied. From then on, the read model may contain it, whatever happens to
     * the checkpoint.
     */
    void gives(Checkpoint event) {
        if (projection.mode() == ProjectionMode.AT_LEAST_ONCE) {
            given = event;
            givenAt = context.nanoTime().getAsLong();
        }
    }

    /**
     * Checks before the first event under a new lease.
     *
     * @param begin the checkpoint as the store has it
     * @throws LogWentBackwardsException if applied events are lost, whichever instance applied them
     */
    void checkBegin(Checkpoint begin) {
        check(begin, begin);
        checkGiven();
    }

    /**
     * Checks what this process has applied while another process, which cannot know that, runs the projection. Stops
     * once the event is found some time after it was applied: a standby database is not that far behind.
     *
     * @throws LogWentBackwardsException if it is lost
     */
    void checkWhileStandingBy() {
        checkGiven();
        if (context.nanoTime().getAsLong() - givenAt > RunnerSettings.VERIFY_EVERY.toNanos()) {
            given = Checkpoint.START;
        }
    }

    private void checkGiven() {
        Checkpoint last = given;
        if (!last.hasSeenEvent()) {
            return;
        }
        Optional<String> lost = lossSince(last);
        if (lost.isPresent()) {
            // Reported once; after that, the operator who resets or resumes it decides.
            given = Checkpoint.START;
            throw LogWentBackwardsException.of(projection, partition, last, lost.get());
        }
    }

    /**
     * Runs the check if it is due.
     *
     * @param reached how far the partition has read the log
     * @param applied the checkpoint as last committed
     * @return whether it was due
     * @throws LogWentBackwardsException if applied events are lost
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
     * Checks that the log still holds what was seen. If not, the checkpoint may have been set back together with the
     * log: then no applied event is lost, and the projection begins again from there. Throws as {@link #checkIfDue}.
     */
    void check(Checkpoint reached, Checkpoint applied) {
        troublesSeen = context.tail().troubles();
        Optional<String> loss = lossSince(reached);
        if (loss.isPresent()) {
            // Only the read model of a transactional projection is always as old as its checkpoint.
            Checkpoint kept = projection.mode() == ProjectionMode.TRANSACTIONAL
                    ? context.store().checkpoint(partition)
                    : applied;
            Optional<String> lost = kept.equals(reached) ? loss : lossSince(kept);
            if (lost.isPresent()) {
                throw LogWentBackwardsException.of(projection, partition, kept, lost.get());
            }
            throw new SetBackTogetherException(partition, kept);
        }
        checkedAt = context.nanoTime().getAsLong();
    }

    /** How the log shows that it was set back since a checkpoint; empty if it was not. */
    private Optional<String> lossSince(Checkpoint reached) {
        GlobalPosition last = context.reader().lastPosition();
        if (last.compareTo(reached.position()) < 0) {
            return Optional.of("it ends at position " + last);
        }
        if (reached.hasSeenEvent() && !holdsSeenEvent(reached)) {
            return Optional.of("event %s at position %s is no longer there"
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
