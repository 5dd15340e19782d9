package io.eventcore.projection;

import io.eventcore.Event;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;

/**
 * Applies events together, finds the event at which a batch fails, and lets the projection decide about that one.
 *
 * <p>When a batch fails, everything is rolled back, since a failure in the middle spoils the transaction. The search
 * then applies the events before the culprit again and commits them. It tries the culprit alone, so that a decision
 * about it concerns no other event. If the culprit is not known, because the commit failed, the search applies all
 * events one by one.
 *
 * <p>Used by one thread.
 */
final class CulpritSearch<E extends Event> {
    private final FailureDecisions decisions;
    private final EventApplication<E> application;
    private final Parking<E> parking;
    private final RunnerSettings settings;
    private final BatchSize batchSize;
    private final LongSupplier nanoTime;
    private final Pause pause;
    private final ProjectionCounts counts;

    /** How a worker waits between attempts: until the time is over, or until it must not go on. */
    @FunctionalInterface
    interface Pause {
        void waitFor(long nanos);
    }

    CulpritSearch(
            Projection<E> projection,
            EventApplication<E> application,
            Parking<E> parking,
            RunnerContext context,
            Pause pause,
            ProjectionCounts counts) {
        this.decisions = new FailureDecisions(projection, application.lease().partition(), "apply the event");
        this.application = application;
        this.parking = parking;
        this.settings = context.settings();
        this.batchSize = BatchSize.of(projection, settings);
        this.nanoTime = context.nanoTime();
        this.pause = pause;
        this.counts = counts;
    }

    /**
     * Applies entries in order.
     *
     * @return how many it has processed; fewer than all, after a commit, if the worker must stop
     * @throws LeaseLostException if another instance runs the partition now; what was not committed is rolled back
     * @throws ProjectionFailedException if the projection stops at an entry
     */
    int apply(List<LogEntry<E>> entries) {
        application.parked().lookFor(entries.stream().map(LogEntry::streamId).collect(Collectors.toSet()));
        return applyInBatches(entries);
    }

    private int applyInBatches(List<LogEntry<E>> entries) {
        int done = 0;
        int suspects = 0;
        while (done < entries.size() && application.mayGoOn()) {
            int size = suspects > 0 ? 1 : batchSize.next();
            List<LogEntry<E>> left = entries.subList(done, Math.min(done + size, entries.size()));
            int dealtWith;
            long begin = nanoTime.getAsLong();
            try {
                dealtWith = application.apply(left);
                batchSize.took(dealtWith, nanoTime.getAsLong() - begin);
            } catch (ApplyFailedException failed) {
                batchSize.failed();
                if (left.size() > 1) {
                    // Only the entries before the culprit are known to be good, and they are fewer than in the failed
                    // batch.
                    done += failed.before() > 0 ? applyInBatches(left.subList(0, failed.before())) : 0;
                    suspects = failed.isLocated() ? 1 : left.size();
                    continue;
                }
                if (!settle(left.get(0), failed.culprit())) {
                    return done;
                }
                dealtWith = 1;
            }
            done += dealtWith;
            suspects = Math.max(0, suspects - dealtWith);
        }
        return done;
    }

    /** Lets the projection decide about an entry that has failed alone; false if the worker must stop before that. */
    private boolean settle(LogEntry<E> entry, Throwable firstCause) {
        Throwable cause = firstCause;
        // The entries before this one are committed: this one is now the oldest that waits.
        counts.waitingSince(entry.recordedAt());
        for (int attempt = 1; ; attempt++) {
            FailureDecision decision = decisions.about(entry, cause, attempt);
            counts.failed(FailureDecisions.describe(entry, cause));
            if (decision != FailureDecision.RETRY) {
                carryOut(decision, entry, cause);
                return true;
            }
            pause.waitFor(settings.retryNanos(attempt));
            if (!application.mayGoOn()) {
                return false;
            }
            try {
                application.apply(List.of(entry));
                counts.recovered();
                return true;
            } catch (ApplyFailedException again) {
                cause = again.culprit();
            }
        }
    }

    private void carryOut(FailureDecision decision, LogEntry<E> entry, Throwable cause) {
        if (decision == FailureDecision.FAIL) {
            throw new ProjectionFailedException(FailureDecisions.describe(entry, cause), cause);
        }
        if (decision == FailureDecision.PARK) {
            parking.park(entry, cause);
        } else {
            application.moveTo(entry.checkpoint());
            counts.skipped();
        }
        counts.recovered();
    }
}
