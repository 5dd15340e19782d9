package io.eventcore.projection;

import io.eventcore.Event;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.internal.HandlesStored;
import io.eventcore.internal.OwnThreads;
import io.eventcore.internal.RedactedException;
import io.eventcore.internal.SetsDeadlines;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.transaction.TransactionSystemException;
import org.springframework.transaction.support.TransactionOperations;

/**
 * Applies events to a projection under one lease, and moves the checkpoint with them: all events, or none.
 *
 * <p>Decides nothing about a failing event: {@link CulpritSearch} does. Counts and skips events of parked streams: see
 * {@link Parking}. Used by one thread.
 */
final class EventApplication<E extends Event> {
    private static final Logger LOG = LoggerFactory.getLogger(EventApplication.class);

    private final Projection<E> projection;
    private final TransactionOperations transaction;
    private final RunnerSettings settings;
    private final LongSupplier nanoTime;
    private final ProjectionListener listener;
    private final LeasedCheckpoint checkpoint;
    private final BooleanSupplier mayGoOn;
    private final Consumer<Checkpoint> given;
    private final ProjectionCounts counts;
    private final ParkedIds parked;
    private @Nullable Instant firstSet;

    /**
     * An application of events under this lease.
     *
     * @param mayGoOn whether the thread may apply the next event; called before each
     * @param given receives each event just before it is applied
     */
    EventApplication(
            Projection<E> projection,
            RunnerContext context,
            Lease lease,
            BooleanSupplier mayGoOn,
            Consumer<Checkpoint> given,
            ProjectionCounts counts) {
        this.projection = projection;
        this.transaction = context.transaction(projection);
        this.settings = context.settings();
        this.nanoTime = context.nanoTime();
        this.listener = context.listener();
        this.checkpoint = new LeasedCheckpoint(context.store(), lease, settings.lease());
        this.mayGoOn = mayGoOn;
        this.given = given;
        this.counts = counts;
        this.parked = new ParkedIds(context.store(), lease.partition(), ParkedIds.REMEMBERED);
    }

    Checkpoint checkpoint() {
        return checkpoint.current();
    }

    Lease lease() {
        return checkpoint.lease();
    }

    /** Which streams are parked. */
    ParkedIds parked() {
        return parked;
    }

    boolean mayGoOn() {
        return mayGoOn.getAsBoolean();
    }

    /** Moves the checkpoint past events that the projection does not want; applies nothing. */
    void moveTo(Checkpoint further) {
        commit(further, List.of());
    }

    /** Moves the checkpoint, and changes parked streams with it; applies nothing. */
    void commit(Checkpoint to, List<ParkedChange> changes) {
        commit(to, changes, List.of());
    }

    /** Moves the checkpoint, and changes parked streams and deadlines with it; applies nothing. */
    void commit(Checkpoint to, List<ParkedChange> changes, List<DeadlineChange> deadlines) {
        checkpoint.advance(to, changes, deadlines);
        checkpoint.reached(to);
        counts.committed();
    }

    /**
     * Changes deadlines; the checkpoint stays.
     *
     * @throws LeaseLostException if another instance runs the partition now; nothing is changed
     */
    void commit(List<DeadlineChange> deadlines) {
        commit(checkpoint.current(), List.of(), deadlines);
    }

    /** When the first deadline falls due of those set since the last call; empty if none was set. */
    Optional<Instant> takeFirstSet() {
        Optional<Instant> first = Optional.ofNullable(firstSet);
        firstSet = null;
        return first;
    }

    /**
     * Applies entries together.
     *
     * @return how many were applied and committed, at least one; fewer than all if that takes long, or if the thread
     *     must stop
     * @throws ApplyFailedException if one of them failed; nothing of the batch is committed
     * @throws LeaseLostException if another instance runs the partition now; nothing is committed
     * @throws ParkedStreamChangedException if a parked stream is not as this instance knows it; nothing is committed
     */
    int apply(List<LogEntry<E>> entries) {
        List<RecordedEvent<E>> events = new ArrayList<>(entries.size());
        int[] eventsBefore = new int[entries.size() + 1];
        for (int i = 0; i < entries.size(); i++) {
            events.addAll(told(entries.get(i)));
            eventsBefore[i + 1] = events.size();
        }
        ProjectionListener.Batch batch = listener.started(lease().partition(), projection.kind(), events);
        try {
            int applied = projection.mode() == ProjectionMode.TRANSACTIONAL
                    ? applyInTransaction(entries)
                    : applyThenCommit(entries);
            batch.applied(eventsBefore[applied]);
            return applied;
        } catch (LeaseLostException lost) {
            batch.lost();
            throw lost;
        } catch (Throwable e) {
            batch.failed(e instanceof ApplyFailedException failed ? failed.culprit() : e);
            throw e;
        }
    }

    /**
     * What the listener hears of an entry. A relay continues if an entry cannot be decoded, and passes unknown events
     * on.
     */
    private List<RecordedEvent<E>> told(LogEntry<E> entry) {
        if (projection instanceof HandlesStored && !entry.isKnown()) {
            return List.of();
        }
        try {
            return entry.events();
        } catch (LogEntry.NotDecodedException e) {
            if (projection instanceof HandlesStored) {
                return List.of();
            }
            throw e;
        }
    }

    private int applyInTransaction(List<LogEntry<E>> entries) {
        return taken(inTransaction(entries.size(), List.of(), progress -> applyInOrder(entries, progress)));
    }

    /**
     * Makes an attempt in a transaction that moves the checkpoint at its end. If the commit fails for a single event,
     * makes a second attempt.
     *
     * @param events how many events the attempt applies
     * @param unchanged what the attempt changes about parked streams, as changes to what they are now
     */
    private Progress inTransaction(int events, List<ParkedChange> unchanged, Consumer<Progress> attempt) {
        boolean mayTryAgain = events == 1;
        while (true) {
            Progress progress = new Progress(checkpoint.current());
            try {
                transaction.executeWithoutResult(status -> {
                    checkpoint.requireLease();
                    progress.begun = true;
                    attempt.accept(progress);
                    flush(events);
                    // A JPA session has delayed its statements until now. They must run before the next statement takes
                    // the lock.
                    status.flush();
                    // Without deadlines: a projection that sets deadlines is not transactional.
                    checkpoint.advance(progress.reached, progress.changes(), List.of());
                });
                return progress;
            } catch (LeaseLostException | ParkedStreamChangedException | ApplyFailedException e) {
                throw e;
            } catch (Throwable e) {
                if (!progress.begun || isNoFaultOfAnEvent(e) || !checkpoint.standsAfter(e, unchanged)) {
                    throw e;
                }
                if (!mayTryAgain) {
                    throw new ApplyFailedException(events == 1 ? 0 : ApplyFailedException.UNKNOWN, e);
                }
            }
            // If the connection was lost at the commit, the next attempt has a new one. If the event makes the commit
            // fail, it fails again.
            mayTryAgain = false;
        }
    }

    /** A rollback fails if the connection is lost. Then the failure says nothing about the event. */
    private static boolean isNoFaultOfAnEvent(Throwable failure) {
        return OwnThreads.isTroubleOfTheProcess(failure)
                || failure instanceof LogEntry.NotDecodedException
                || (failure instanceof TransactionSystemException end && end.getApplicationException() != null);
    }

    private int applyThenCommit(List<LogEntry<E>> entries) {
        begin();
        Progress progress = new Progress(checkpoint.current());
        try {
            applyInOrder(entries, progress);
        } catch (ApplyFailedException failed) {
            if (progress.applied == 0) {
                throw failed;
            }
            // The entries before the culprit are applied and cannot be rolled back. The next batch begins with the
            // culprit.
            LOG.debug(
                    "Projection '{}' failed in the middle of a batch",
                    lease().partition(),
                    RedactedException.of(failed.culprit(), ""));
        }
        flush(entries.size());
        List<DeadlineChange> deadlines = progress.deadlines.changes();
        checkpoint.advance(progress.reached, progress.changes(), deadlines);
        set(deadlines);
        return taken(progress);
    }

    private void set(List<DeadlineChange> committed) {
        for (DeadlineChange change : committed) {
            if (change instanceof DeadlineChange.Begun begun) {
                Instant dueAt = begun.deadline().dueAt();
                firstSet = firstSet == null || dueAt.isBefore(firstSet) ? dueAt : firstSet;
            }
        }
    }

    private int taken(Progress progress) {
        checkpoint.reached(progress.reached);
        counts.committed();
        counts.applied(progress.applied);
        counts.recovered();
        return progress.applied;
    }

    private void applyInOrder(List<LogEntry<E>> entries, Progress progress) {
        long begin = nanoTime.getAsLong();
        for (LogEntry<E> entry : entries) {
            if (parked.contains(entry.streamId())) {
                progress.queue(entry);
            } else {
                given.accept(entry.checkpoint());
                apply(entry, progress.applied, progress.deadlines);
            }
            progress.applied++;
            progress.reached = entry.checkpoint();
            if (nanoTime.getAsLong() - begin > settings.batchNanos() || !mayGoOn.getAsBoolean()) {
                return;
            }
        }
    }

    private void begin() {
        if (projection instanceof HandlesStored relay) {
            try {
                relay.begin();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw failed(0, e);
            }
        }
    }

    private void apply(LogEntry<E> entry, int index, DeadlineBatch deadlines) {
        try {
            if (projection instanceof SetsDeadlines rule) {
                deadlines.add(entry.deadlines(rule));
            } else {
                entry.applyTo(projection);
            }
        } catch (LogEntry.NotDecodedException e) {
            throw e;
        } catch (Throwable e) {
            throw failed(index, e);
        }
    }

    /**
     * Lets the projection wait for the work that it has started. If that fails, one of this many entries is the
     * culprit.
     */
    private void flush(int entries) {
        try {
            projection.flush();
        } catch (Throwable e) {
            throw failed(entries == 1 ? 0 : ApplyFailedException.UNKNOWN, e);
        }
    }

    /**
     * A failure of the process is not the event's fault: it is rethrown, and the projection makes no decision about the
     * event.
     */
    private static ApplyFailedException failed(int index, Throwable failure) {
        if (failure instanceof Error error && OwnThreads.isTroubleOfTheProcess(error)) {
            throw error;
        }
        return new ApplyFailedException(index, failure);
    }

    /**
     * Applies an event that waits in a parked stream; does not move the checkpoint.
     *
     * @param change the change to the stream that is committed with it
     * @throws ApplyFailedException if it failed; nothing is committed
     * @throws ParkedStreamChangedException if the stream is not as the change says; nothing is committed
     * @throws LeaseLostException if another instance runs the partition now; nothing is committed
     */
    void applyParked(LogEntry<E> entry, ParkedChange.Changed change) {
        if (projection.mode() == ProjectionMode.TRANSACTIONAL) {
            List<ParkedChange> unchanged = List.of(new ParkedChange.Changed(change.from(), change.from()));
            inTransaction(1, unchanged, progress -> {
                apply(entry, 0, progress.deadlines);
                progress.retried.add(change);
            });
        } else {
            begin();
            DeadlineBatch deadlines = new DeadlineBatch();
            apply(entry, 0, deadlines);
            flush(1);
            checkpoint.advance(checkpoint.current(), List.of(change), deadlines.changes());
            set(deadlines.changes());
        }
        counts.applied(1);
        counts.committed();
    }

    /** How far an uncommitted batch has come. */
    private static final class Progress {
        private final Map<StreamId, ParkedChange.Queued> queued = new LinkedHashMap<>();
        private final List<ParkedChange> retried = new ArrayList<>();
        private final DeadlineBatch deadlines = new DeadlineBatch();
        private Checkpoint reached;
        private int applied;
        private boolean begun;

        private Progress(Checkpoint from) {
            this.reached = from;
        }

        List<ParkedChange> changes() {
            List<ParkedChange> changes = new ArrayList<>(retried);
            changes.addAll(queued.values());
            return changes;
        }

        void queue(LogEntry<?> entry) {
            queued.merge(
                    entry.streamId(),
                    new ParkedChange.Queued(entry.streamId(), entry.position(), 1),
                    (before, one) -> new ParkedChange.Queued(one.streamId(), before.first(), before.events() + 1));
        }
    }
}
