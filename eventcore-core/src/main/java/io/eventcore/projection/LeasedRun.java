package io.eventcore.projection;

import io.eventcore.Event;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a worker does under one lease: reads from the checkpoint to the end of the log, page by page, and then follows
 * the end.
 *
 * <p>Used by one thread.
 */
final class LeasedRun<E extends Event> {
    private static final Logger LOG = LoggerFactory.getLogger(LeasedRun.class);

    private final RunnerContext context;
    private final Admission admission;
    private final PartitionReader<E> log;
    private final CheckpointCheck check;
    private final Wakeup wakeup;
    private final PartitionProgress progress;
    private final BooleanSupplier mayGoOn;
    private final EventApplication<E> application;
    private final Parking<E> parking;
    private final CulpritSearch<E> search;
    private final Optional<DeadlineRounds<E>> deadlines;

    /**
     * Begins at the checkpoint.
     *
     * @param mayGoOn whether the next event may be applied: the lease is good, and the thread may continue
     */
    LeasedRun(
            Projection<E> projection,
            RunnerContext context,
            Lease lease,
            Admission admission,
            PartitionReader<E> log,
            CheckpointCheck check,
            Wakeup wakeup,
            PartitionProgress progress,
            BooleanSupplier mayGoOn) {
        this.context = context;
        this.admission = admission;
        this.log = log;
        this.check = check;
        this.wakeup = wakeup;
        this.progress = progress;
        this.mayGoOn = mayGoOn;
        this.application = new EventApplication<>(projection, context, lease, mayGoOn, check::gives, progress.counts());
        this.parking = new Parking<>(projection, application, context);
        this.search = new CulpritSearch<>(
                projection, application, parking, context, this::pauseBeforeRetry, progress.counts());
        this.deadlines = DeadlineRounds.of(projection, application, context, this::pauseBeforeRetry, progress);
    }

    private void pauseBeforeRetry(long nanos) {
        // The events before the one that fails are committed. Report them now: the pause may last long.
        progress.arrived(application.checkpoint().position());
        wakeup.pause(nanos, mayGoOn);
    }

    /** Runs until the worker must stop, or the lease is lost or runs out. */
    void run() {
        Checkpoint begin = application.checkpoint();
        ProjectionPartition partition = application.lease().partition();
        progress.change(now -> now.begun(begin.position()));
        check.checkBegin(begin);
        log.verified();
        progress.counts().recovered();
        LOG.debug("Projection '{}' runs here, from position {}", partition, begin.position());
        Checkpoint reached = begin;
        while (mayGoOn.getAsBoolean()) {
            reached = step(reached);
        }
        if (holdsGoodLease() && !reached.equals(application.checkpoint())) {
            application.moveTo(reached);
        }
        if (!holdsGoodLease()) {
            LOG.info("The lease of projection '{}' ran out or was taken; another instance continues", partition);
        }
    }

    private boolean holdsGoodLease() {
        return progress.state().isGoodAt(now());
    }

    private long now() {
        return context.nanoTime().getAsLong();
    }

    /** Processes one page. Returns how far it has come, which may be further than what is committed. */
    private Checkpoint step(Checkpoint reached) {
        if (check.checkIfDue(reached, application.checkpoint())) {
            // The tables may have been restored with the same checkpoint and lease, but with other parked streams.
            application.parked().read();
            log.verified();
        }
        if (parking.answerRequests()) {
            deadlines.ifPresent(DeadlineRounds::endRound);
        }
        deadlines.ifPresent(rounds -> rounds.look(reached.position()));
        LogPage page = log.read(
                        reached.position(),
                        () -> progress.change(WorkerState::fellBehind),
                        // Once events of another log are applied, no check can notice that the log was set back.
                        () -> {
                            if (check.checkIfDue(reached, application.checkpoint())) {
                                log.verified();
                            }
                        })
                .upTo(admission.limit(), reached.position());
        List<LogEntry<E>> own = log.own(page);
        Checkpoint next = reached;
        if (!own.isEmpty()) {
            progress.counts().waitingSince(own.get(0).recordedAt());
            int done = search.apply(own);
            next = done == 0 ? reached : application.checkpoint();
            if (done < own.size()) {
                progress.moved(reached, next, now());
                return next;
            }
        }
        // A page of the shared reader is as old as that reader's last read.
        progress.stepped(log.isFollowing() ? context.tail().readAt() : now());
        progress.counts().waitingSince(null);
        if (next.position().compareTo(page.continueAfter()) < 0) {
            next = next.movedTo(page.continueAfter());
        }
        progress.moved(reached, next, now());
        boolean executes = deadlines.isPresent() && deadlines.get().run(next.position());
        if (page.endReached()) {
            atTheEnd(next, !executes && own.isEmpty() && next.equals(reached));
        }
        return next;
    }

    /** Waits, since nothing is left to do. Before that, saves how far the log holds no event for this projection. */
    private void atTheEnd(Checkpoint reached, boolean idle) {
        progress.goesOn();
        if (progress.state() instanceof WorkerState.CatchingUp) {
            progress.change(WorkerState::reachedEnd);
            progress.tell();
        }
        boolean unsaved = !reached.equals(application.checkpoint());
        long now = now();
        long untilSave = progress.savedAt() + RunnerSettings.SAVE_EVERY.toNanos() - now;
        if (unsaved && untilSave <= 0) {
            application.moveTo(reached);
            progress.saved(now);
            unsaved = false;
        }
        if (idle) {
            long every = context.settings().lookEvery().toNanos();
            long look = deadlines
                    .map(rounds -> Math.min(every, rounds.nanosUntilLook()))
                    .orElse(every);
            wakeup.await(unsaved ? Math.min(untilSave, look) : look);
        }
    }
}
