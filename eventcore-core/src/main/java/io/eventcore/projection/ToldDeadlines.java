package io.eventcore.projection;

import io.eventcore.RecordedEvent;
import io.eventcore.internal.SetsDeadlines;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;

/**
 * Turns what an event says about deadlines into changes for the store.
 *
 * @param event the event
 * @param changes receives the changes
 */
record ToldDeadlines(RecordedEvent<?> event, List<DeadlineChange> changes) implements SetsDeadlines.Told {
    @Override
    public void ends(String correlation) {
        changes.add(new DeadlineChange.Ended(correlation, event.position()));
    }

    @Override
    public void sets(String correlation, Instant dueAt) {
        PendingDeadline deadline = new PendingDeadline(event.position(), event.part(), event.id(), kept(dueAt), "");
        changes.add(new DeadlineChange.Begun(deadline, correlation, StreamPartitioner.slot(event.streamId())));
    }

    /**
     * The time as a store keeps it: in microseconds, rounded up so that it is never early, and not before the epoch.
     */
    private static Instant kept(Instant dueAt) {
        if (dueAt.isBefore(Instant.EPOCH)) {
            return Instant.EPOCH;
        }
        Instant kept = dueAt.truncatedTo(ChronoUnit.MICROS);
        return kept.equals(dueAt) ? kept : kept.plus(1, ChronoUnit.MICROS);
    }
}
