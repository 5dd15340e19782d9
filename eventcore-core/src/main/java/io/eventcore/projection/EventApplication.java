package io.eventcore.projection;

import io.eventcore.Event;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.internal.OwnThreads;
import io.eventcore.internal.RedactedException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.transaction.TransactionStatus;
import org.springframework.transaction.support.TransactionOperations;

/**
 * Applies events to a projection under one lease, and moves the checkpoint with them.
 *
 * <p>Events are applied together. If that fails, everything is rolled back, for a failure in the middle has spoilt the
 * transaction: what came before the culprit is applied again and committed, then the culprit is tried alone, so that a
 * decision about it concerns no other event. If nobody knows the culprit, because the commit failed, all are applied one
 * by one.
 *
 * <p>Used by one thread.
 */
final class EventApplication<E extends Event> {
    private static final Logger LOG = LoggerFactory.getLogger(EventApplication.class);

    private final Projection<E> projection;
    private final ProjectionStore store;
    private final TransactionOperations transaction;
    private final RunnerSettings settings;
    private final LongSupplier nanoTime;
    private final ProjectionListener listener;
    private final Lease lease;
    private final BooleanSupplier mayGoOn;
    private final Pause pause;
    private final ProjectionCounts counts;
    private final ParkedIds parked;
    private Checkpoint checkpoint;

    /** How a worker waits between attempts: until the time is over; less only if it must not go on. */
    @FunctionalInterface
    interface Pause {
        void waitFor(long nanos);
    }

    EventApplication(
            Projection<E> projection,
            RunnerContext context,
            Lease lease,
            BooleanSupplier mayGoOn,
            Pause pause,
            ProjectionCounts counts) {
        this.projection = projection;
        this.store = context.store();
        this.transaction = context.transaction(projection);
        this.settings = context.settings();
        this.nanoTime = context.nanoTime();
        this.listener = context.listener();
        this.lease = lease;
        this.mayGoOn = mayGoOn;
        this.pause = pause;
        this.counts = counts;
        this.checkpoint = store.checkpoint(lease.partition());
        this.parked = new ParkedIds(store, lease.partition(), ParkedIds.REMEMBERED);
    }

    Checkpoint checkpoint() {
        return checkpoint;
    }

    /** Whether a stream may be parked. */
    boolean mayHaveParked() {
        return parked.mayBeAny();
    }

    /** After streams were released at an operator's request. */
    void haveReleased() {
        parked.readIfUnknown();
    }

    /** Reads a stream anew that something was asked for; empty if it is not parked any more. */
    Optional<ParkedStream> readParked(StreamId streamId) {
        ProjectionPartition mine = lease.partition();
        return parked.excludes(streamId)
                ? Optional.empty()
                : store.parkedStream(mine.projection(), mine.version(), streamId)
                        .filter(found -> found.partition().equals(mine));
    }

    /** Moves the checkpoint past events that the projection does not want; nothing is applied. */
    void moveTo(Checkpoint further) {
        commit(further, List.of());
    }

    /**
     * Applies entries in order.
     *
     * @return how many were dealt with; fewer than all, after a commit, if the worker is called away
     * @throws LeaseLostException if somebody else runs the partition now; what was not committed is rolled back
     * @throws ProjectionFailedException if the projection stops at an entry
     */
    int apply(List<LogEntry<E>> entries) {
        parked.lookFor(entries.stream().map(LogEntry::streamId).collect(Collectors.toSet()));
        return applyInBatches(entries);
    }

    private int applyInBatches(List<LogEntry<E>> entries) {
        int done = 0;
        int suspects = 0;
        while (done < entries.size() && mayGoOn.getAsBoolean()) {
            int size = suspects > 0 ? 1 : settings.batchSize();
            List<LogEntry<E>> left = entries.subList(done, Math.min(done + size, entries.size()));
            int dealtWith;
            try {
                dealtWith = applyTogether(left);
            } catch (ApplyFailedException failed) {
                if (left.size() > 1) {
                    // Only what came before the culprit is known to be good, and it is fewer than before.
                    done += failed.index() > 0 ? applyInBatches(left.subList(0, failed.index())) : 0;
                    suspects = failed.index() < 0 ? left.size() : 1;
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

    /** Applies entries in one go; how many were applied, since a batch that takes long is cut short. */
    private int applyTogether(List<LogEntry<E>> entries) {
        ProjectionListener.Batch batch = listener.started(lease.partition(), projection.kind(), readable(entries));
        try {
            int applied = projection.mode() == ProjectionMode.TRANSACTIONAL
                    ? applyInTransaction(entries)
                    : applyThenCommit(entries);
            batch.applied(applied);
            return applied;
        } catch (LeaseLostException lost) {
            batch.lost();
            throw lost;
        } catch (RuntimeException | Error e) {
            batch.failed(e instanceof ApplyFailedException failed ? failed.culprit() : e);
            throw e;
        }
    }

    private static <E extends Event> List<RecordedEvent<E>> readable(List<LogEntry<E>> entries) {
        List<RecordedEvent<E>> events = new ArrayList<>(entries.size());
        for (LogEntry<E> entry : entries) {
            entry.event().ifPresent(events::add);
        }
        return events;
    }

    private int applyInTransaction(List<LogEntry<E>> entries) {
        Progress progress = new Progress(checkpoint);
        try {
            transaction.executeWithoutResult(status -> {
                if (!store.isCurrent(lease, settings.lease())) {
                    throw new LeaseLostException(lease);
                }
                progress.begun = true;
                applyInOrder(entries, progress);
                flush(entries.size());
                finish(status, progress);
            });
        } catch (LeaseLostException | ApplyFailedException e) {
            throw e;
        } catch (RuntimeException | Error e) {
            if (!progress.begun || OwnThreads.isTroubleOfTheProcess(e)) {
                throw e;
            }
            throw new ApplyFailedException(entries.size() == 1 ? 0 : ApplyFailedException.UNKNOWN, e);
        }
        return taken(progress);
    }

    private void finish(TransactionStatus status, Progress progress) {
        // A JPA session keeps its statements back until now, and they belong before the lock that comes next.
        status.flush();
        if (!store.advance(lease, checkpoint, progress.reached, progress.changes())) {
            throw new LeaseLostException(lease);
        }
    }

    private int applyThenCommit(List<LogEntry<E>> entries) {
        Progress progress = new Progress(checkpoint);
        try {
            applyInOrder(entries, progress);
        } catch (ApplyFailedException failed) {
            if (progress.applied == 0) {
                throw failed;
            }
            // What came before it is applied and cannot be taken back; the culprit is met again as the first.
            LOG.debug(
                    "Projection '{}' failed in the middle of a batch",
                    lease.partition(),
                    RedactedException.of(failed.culprit(), ""));
        }
        flush(entries.size());
        if (!store.advance(lease, checkpoint, progress.reached, progress.changes())) {
            throw new LeaseLostException(lease);
        }
        return taken(progress);
    }

    private int taken(Progress progress) {
        checkpoint = progress.reached;
        counts.committed();
        counts.applied(progress.applied);
        counts.recovered();
        return progress.applied;
    }

    private void applyInOrder(List<LogEntry<E>> entries, Progress progress) {
        long begin = nanoTime.getAsLong();
        for (LogEntry<E> entry : entries) {
            if (parked.contains(entry.streamId())) {
                progress.queued.merge(entry.streamId(), 1L, Long::sum);
            } else {
                apply(entry, progress.applied);
            }
            progress.applied++;
            progress.reached = entry.after(progress.reached);
            if (nanoTime.getAsLong() - begin > settings.batchNanos() || !mayGoOn.getAsBoolean()) {
                return;
            }
        }
    }

    private void apply(LogEntry<E> entry, int index) {
        try {
            entry.applyTo(projection);
        } catch (Throwable e) {
            throw failed(index, e);
        }
    }

    /** Lets the projection wait for what it has begun; if that fails, one of these many entries is the culprit. */
    private void flush(int entries) {
        try {
            projection.flush();
        } catch (Throwable e) {
            throw failed(entries == 1 ? 0 : ApplyFailedException.UNKNOWN, e);
        }
    }

    /** What befalls the process is no fault of the event: it is thrown on, and no decision about the event is asked for. */
    private static ApplyFailedException failed(int index, Throwable failure) {
        if (failure instanceof Error error && OwnThreads.isTroubleOfTheProcess(error)) {
            throw error;
        }
        return new ApplyFailedException(index, failure);
    }

    /** Lets the projection decide about an entry that has failed alone; false if the worker is called away before. */
    private boolean settle(LogEntry<E> entry, Throwable firstCause) {
        Throwable cause = firstCause;
        for (int attempt = 1; ; attempt++) {
            FailureDecision decision = decide(entry, cause, attempt);
            log(entry, cause, attempt, decision);
            counts.failed(describe(entry, cause));
            if (decision != FailureDecision.RETRY) {
                carryOut(decision, entry, cause);
                return true;
            }
            pause.waitFor(settings.retryNanos(attempt));
            if (!mayGoOn.getAsBoolean()) {
                return false;
            }
            try {
                applyTogether(List.of(entry));
                counts.recovered();
                return true;
            } catch (ApplyFailedException again) {
                cause = again.culprit();
            }
        }
    }

    private FailureDecision decide(LogEntry<E> entry, Throwable cause, int attempt) {
        FailureContext failure = new FailureContext(
                lease.partition(),
                entry.streamId(),
                entry.version(),
                entry.position(),
                entry.typeName(),
                attempt,
                cause);
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
            ParkedStream stream = new ParkedStream(
                    lease.partition(),
                    entry.streamId(),
                    entry.position(),
                    entry.typeName(),
                    cause.getClass().getName(),
                    1,
                    ParkedStream.Request.NONE);
            commit(entry.after(checkpoint), List.of(new ParkedChange.Parked(stream)));
            parked.add(stream.streamId());
        } else {
            commit(entry.after(checkpoint), List.of());
            counts.skipped();
        }
        counts.recovered();
    }

    private void commit(Checkpoint to, List<ParkedChange> changes) {
        if (!store.advance(lease, checkpoint, to, changes)) {
            throw new LeaseLostException(lease);
        }
        checkpoint = to;
        counts.committed();
    }

    /**
     * Applies an event that waits in a parked stream; the checkpoint stays.
     *
     * @return the stream without it; empty if it was not applied, and the stream stays parked
     */
    Optional<ParkedStream> applyParked(LogEntry<E> entry, ParkedStream stream) {
        ParkedStream left = stream.without(entry.position());
        List<ParkedChange> after = List.of(new ParkedChange.Parked(left));
        try {
            if (projection.mode() == ProjectionMode.TRANSACTIONAL) {
                transaction.executeWithoutResult(status -> {
                    if (!store.isCurrent(lease, settings.lease())) {
                        throw new LeaseLostException(lease);
                    }
                    apply(entry, 0);
                    flush(1);
                    status.flush();
                    if (!store.advance(lease, checkpoint, checkpoint, after)) {
                        throw new LeaseLostException(lease);
                    }
                });
            } else {
                apply(entry, 0);
                flush(1);
                commit(checkpoint, after);
            }
        } catch (LeaseLostException lost) {
            throw lost;
        } catch (RuntimeException | Error e) {
            if (OwnThreads.isTroubleOfTheProcess(e)) {
                throw e;
            }
            Throwable cause = e instanceof ApplyFailedException failed ? failed.culprit() : e;
            log(entry, cause, 1, FailureDecision.PARK);
            changeParked(new ParkedChange.Parked(stream.failedAgain(entry, cause)));
            return Optional.empty();
        }
        counts.applied(1);
        counts.committed();
        return Optional.of(left);
    }

    /** Changes a parked stream and nothing else. */
    void changeParked(ParkedChange change) {
        commit(checkpoint, List.of(change));
        if (change instanceof ParkedChange.Parked now) {
            parked.add(now.streamId());
        } else {
            parked.remove(change.streamId());
        }
    }

    private String describe(LogEntry<E> entry, Throwable cause) {
        return "%s at position %s (type '%s')"
                .formatted(cause.getClass().getName(), entry.position(), entry.typeName());
    }

    /** One line for an incident: when it begins, and when it ends otherwise than well. */
    private void log(LogEntry<E> entry, Throwable cause, int attempt, FailureDecision decision) {
        if (attempt > 1 && decision == FailureDecision.RETRY) {
            LOG.debug(
                    "Projection '{}' fails again at position {}, attempt {}",
                    lease.partition(),
                    entry.position(),
                    attempt);
            return;
        }
        LOG.warn(
                "Projection '{}' could not apply the event of type '{}' at position {} (version {} of its stream),"
                        + " attempt {}: {}",
                lease.partition(),
                entry.typeName(),
                entry.position(),
                entry.version(),
                attempt,
                decision,
                RedactedException.of(cause, ""));
    }

    /** How far a batch has come that is not committed yet. */
    private static final class Progress {
        private final Map<StreamId, Long> queued = new LinkedHashMap<>();
        private Checkpoint reached;
        private int applied;
        private boolean begun;

        private Progress(Checkpoint from) {
            this.reached = from;
        }

        List<ParkedChange> changes() {
            List<ParkedChange> changes = new ArrayList<>();
            queued.forEach((streamId, events) -> changes.add(new ParkedChange.Queued(streamId, events)));
            return changes;
        }
    }

    /** Applying has failed and was rolled back. */
    private static final class ApplyFailedException extends RuntimeException {
        private static final long serialVersionUID = 1L;
        private static final int UNKNOWN = -1;

        private final int index;
        private final Throwable culprit;

        private ApplyFailedException(int index, Throwable culprit) {
            super(culprit);
            this.index = index;
            this.culprit = culprit;
        }

        /** Which entry it was, 0 for the first; {@link #UNKNOWN} if only the whole failed. */
        int index() {
            return index;
        }

        Throwable culprit() {
            return culprit;
        }
    }
}
