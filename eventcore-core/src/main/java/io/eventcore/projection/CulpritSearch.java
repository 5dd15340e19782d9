package io.eventcore.projection;

import io.eventcore.Event;
import io.eventcore.internal.OwnThreads;
import io.eventcore.internal.RedactedException;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Applies events together, finds the one that a batch fails at, and lets the projection decide about that one.
 *
 * <p>When a batch fails, everything is rolled back, for a failure in the middle has spoilt the transaction: what came before
 * the culprit is applied again and committed, then the culprit is tried alone, so that a decision about it concerns no other
 * event. If the culprit is not known, because the commit failed, all are applied one by one.
 *
 * <p>Used by one thread.
 */
final class CulpritSearch<E extends Event> {
    private static final Logger LOG = LoggerFactory.getLogger(CulpritSearch.class);

    private final Projection<E> projection;
    private final EventApplication<E> application;
    private final Parking<E> parking;
    private final RunnerSettings settings;
    private final Pause pause;
    private final ProjectionCounts counts;
    private final ProjectionPartition partition;

    /** How a worker waits between attempts: until the time is over; less only if it must not go on. */
    @FunctionalInterface
    interface Pause {
        void waitFor(long nanos);
    }

    CulpritSearch(
            Projection<E> projection,
            EventApplication<E> application,
            Parking<E> parking,
            RunnerSettings settings,
            Pause pause,
            ProjectionCounts counts) {
        this.projection = projection;
        this.application = application;
        this.parking = parking;
        this.settings = settings;
        this.pause = pause;
        this.counts = counts;
        this.partition = application.lease().partition();
    }

    /**
     * Applies entries in order.
     *
     * @return how many were dealt with; fewer than all, after a commit, if the worker is called away
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
            int size = suspects > 0 ? 1 : settings.batchSize();
            List<LogEntry<E>> left = entries.subList(done, Math.min(done + size, entries.size()));
            int dealtWith;
            try {
                dealtWith = application.apply(left);
            } catch (ApplyFailedException failed) {
                if (left.size() > 1) {
                    // Only what came before the culprit is known to be good, and it is fewer than before.
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

    /** Lets the projection decide about an entry that has failed alone; false if the worker is called away before. */
    private boolean settle(LogEntry<E> entry, Throwable firstCause) {
        Throwable cause = firstCause;
        // What came before it is committed, and waits no more.
        counts.waitingSince(entry.recordedAt());
        for (int attempt = 1; ; attempt++) {
            FailureDecision decision = decide(entry, cause, attempt);
            log(entry, cause, attempt, decision);
            counts.failed(describe(entry, cause));
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

    private FailureDecision decide(LogEntry<E> entry, Throwable cause, int attempt) {
        FailureContext failure = new FailureContext(
                partition, entry.streamId(), entry.version(), entry.position(), entry.typeName(), attempt, cause);
        try {
            return Objects.requireNonNull(projection.onError(failure), "decision");
        } catch (Throwable e) {
            if (e instanceof Error error && OwnThreads.isTroubleOfTheProcess(error)) {
                throw error;
            }
            if (e != cause) {
                cause.addSuppressed(e);
            }
            return FailureDecision.FAIL;
        }
    }

    private void carryOut(FailureDecision decision, LogEntry<E> entry, Throwable cause) {
        if (decision == FailureDecision.FAIL) {
            throw new ProjectionFailedException(describe(entry, cause), cause);
        }
        if (decision == FailureDecision.PARK) {
            parking.park(entry, cause);
        } else {
            application.moveTo(entry.checkpoint());
            counts.skipped();
        }
        counts.recovered();
    }

    private String describe(LogEntry<E> entry, Throwable cause) {
        return "%s at position %s (type '%s')"
                .formatted(cause.getClass().getName(), entry.position(), entry.typeName());
    }

    /** One line for an incident: when it begins, and when it ends otherwise than well. */
    private void log(LogEntry<E> entry, Throwable cause, int attempt, FailureDecision decision) {
        if (attempt > 1 && decision == FailureDecision.RETRY) {
            LOG.debug("Projection '{}' fails again at position {}, attempt {}", partition, entry.position(), attempt);
            return;
        }
        LOG.warn(
                "Projection '{}' could not apply the event of type '{}' at position {} (version {} of its stream),"
                        + " attempt {}: {}",
                partition,
                entry.typeName(),
                entry.position(),
                entry.version(),
                attempt,
                decision,
                RedactedException.of(cause, ""));
    }
}
