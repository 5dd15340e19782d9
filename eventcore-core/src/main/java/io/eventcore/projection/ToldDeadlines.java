package io.eventcore.projection;

import io.eventcore.RecordedEvent;
import io.eventcore.internal.SetsDeadlines;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;

/**
 * Makes changes of a store of what an event says about deadlines.
 *
 * @param event the event
 * @param changes takes the changes
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

    /** As a store keeps it: in microseconds, never early, and a time that has long passed as the first one. */
    private static Instant kept(Instant dueAt) {
        if (dueAt.isBefore(Instant.EPOCH)) {
            return Instant.EPOCH;
        }
        Instant kept = dueAt.truncatedTo(ChronoUnit.MICROS);
        return kept.equals(dueAt) ? kept : kept.plus(1, ChronoUnit.MICROS);
    }
}
